import { status as Status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'bun:test'
import {
  HealthCheckResponse_ServingStatus as Serving,
  HealthClient,
  type HealthCheckResponse,
} from '#transport/grpc/proto/grpc/health/v1/health.gen.ts'
import { eventually, rejection } from '../../../support/eventually.ts'
import { answerOf, openTestGrpc, tasksWith, type TestGrpc } from '../../../support/grpc.ts'

const opened: TestGrpc[] = []
afterEach(async () => {
  for (const grpc of opened.splice(0)) await grpc.close()
})

describe('health', () => {
  test.each(['', 'tasks.v1.TasksService', 'tasks.TasksService'])(
    'of “%s” is SERVING, and NOT_SERVING from the first moment of a drain',
    async service => {
      const { check, grpc } = await setup()
      expect(await check(service)).toEqual({ status: Serving.SERVING })
      grpc.door.announceDrain()
      expect(await check(service)).toEqual({ status: Serving.NOT_SERVING })
    },
  )

  test('of a name that is not served is NOT_FOUND', async () => {
    const { check } = await setup()
    expect(await rejection(check('vector.v1.VectorService'))).toMatchObject({
      code: Status.NOT_FOUND,
    })
  })

  test('is told to those who watch as soon as it changes', async () => {
    const { watch, grpc } = await setup()
    const [known, unknown] = [watch('tasks.v1.TasksService'), watch('nobody')]
    await eventually(() => expect([...known.seen, ...unknown.seen]).toEqual([1, 3]))
    grpc.door.announceDrain()
    await eventually(() => expect(known.seen).toEqual([Serving.SERVING, Serving.NOT_SERVING]))
    expect(unknown.seen.every(status => status === Serving.SERVICE_UNKNOWN)).toBe(true)
  })

  test('that is watched does not keep the server from closing', async () => {
    const { watch, grpc } = await setup()
    const watcher = watch('')
    await eventually(() => expect(watcher.seen.length).toBe(1))
    grpc.door.stopListening()
    await eventually(() => expect(watcher.hasEnded()).toBe(true))
    await grpc.door.closed()
  })
})

async function setup() {
  const grpc = await openTestGrpc(tasksWith({}))
  opened.push(grpc)
  const client = grpc.client(HealthClient)
  const check = (service: string) =>
    answerOf<HealthCheckResponse>(done => client.check({ service }, done))
  const watch = (service: string) => {
    const seen: number[] = []
    let ended = false
    const stream = client.watch({ service })
    stream.on('data', ({ status }: HealthCheckResponse) => seen.push(status))
    stream.on('end', () => (ended = true))
    stream.on('error', () => (ended = true))
    return { seen, hasEnded: () => ended }
  }
  return { grpc, check, watch }
}
