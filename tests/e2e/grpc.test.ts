// The gRPC port of the compiled executable: what it serves, and how it lets go.

import {
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  credentials,
  Metadata,
  status as Status,
} from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { HealthClient } from '#transport/grpc/proto/grpc/health/v1/health.gen.ts'
import { ServerReflectionClient } from '#transport/grpc/proto/grpc/reflection/v1/reflection.gen.ts'
import { TasksServiceClient as Earlier } from '#transport/grpc/proto/tasks/tasks.gen.ts'
import {
  TasksServiceClient,
  type CreateResponse,
} from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { fromStatus } from '#transport/grpc/errors.ts'
import { runReplacementTrial } from '../../bench/lab/replacement-trial.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { eventually, rejection, within } from '../support/eventually.ts'
import { answerOf, showing } from '../support/grpc.ts'
import { createDatabase, type TestDatabase, withSql } from '../support/postgres.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
}, 30_000)
afterAll(() => database.drop())

describe('the gRPC port of zerg', () => {
  test('serves both names, health and reflection, and refuses what is wrong in words', async () => {
    const zerg = await startZerg({ env: { DATABASE_URL: database.url } })
    const [today, earlier] = [client(TasksServiceClient, zerg), client(Earlier, zerg)]
    try {
      const made = await create(today, 'By the new name')
      expect((await create(earlier, 'By the old name')).title).toBe('By the old name')
      const gone = await rejection(
        answerOf(done => earlier.getById({ id: Buffer.alloc(16) }, done)),
      )
      expect(gone).toMatchObject({ code: Status.NOT_FOUND })
      const invalid = (await rejection(create(today, ''))) as Parameters<typeof fromStatus>[0]
      expect(fromStatus(invalid)).toMatchObject({ code: 'validation_failed' })
      const late = await rejection(
        answerOf(done =>
          today.getById({ id: made.id }, new Metadata(), { deadline: Date.now() - 1 }, done),
        ),
      )
      expect(late).toMatchObject({ code: Status.DEADLINE_EXCEEDED })
      const health = client(HealthClient, zerg)
      expect(await answerOf(done => health.check({ service: 'tasks.TasksService' }, done))).toEqual(
        {
          status: 1,
        },
      )
      health.close()
      expect(await reflected(zerg)).toContain('tasks.TasksService')
    } finally {
      for (const one of [today, earlier]) one.close()
      expect(await zerg.stop()).toEqual({ code: 0, signal: null })
    }
  }, 30_000)

  test('finishes the call inside and hangs on nobody who only watches', async () => {
    const zerg = await startZerg({ env: { DATABASE_URL: database.url, ZERG_ROLES: 'tasks' } })
    const [tasks, idle, health] = [
      client(TasksServiceClient, zerg),
      client(TasksServiceClient, zerg),
      client(HealthClient, zerg),
    ]
    const { id } = await create(tasks, 'Locked')
    await ready(idle)
    const states: number[] = []
    const watching = health.watch({ service: 'tasks.v1.TasksService' })
    watching.on('data', ({ status }) => states.push(status))
    watching.on('error', () => undefined)
    await withSql(database.url, async sql => {
      const { promise: unlocked, resolve: unlock } = Promise.withResolvers<void>()
      const { promise: locked, resolve: nowLocked } = Promise.withResolvers<void>()
      const locking = sql.begin(async tx => {
        await tx`select 1 from tasks where title = 'Locked' for update`
        nowLocked()
        await unlocked
      })
      // Otherwise the change may be over before anybody stands in its way.
      await locked
      const changing = answerOf<CreateResponse>(done =>
        tasks.updateById({ id, title: 'Changed', clear: [] }, done),
      )
      await eventually(async () => expect(await inFlight(zerg)).toBe(1))
      zerg.signal('SIGTERM')
      await eventually(() => expect(states).toEqual([1, 2]))
      unlock()
      await locking
      expect((await within(changing)).title).toBe('Changed')
    })
    expect(await within(zerg.exited, 8_000)).toEqual({ code: 0, signal: null })
    for (const one of [tasks, idle, health]) one.close()
    await zerg.stop()
  }, 30_000)
})

test('no call fails while two Tasks instances are replaced in turn', async () => {
  const trial = await runReplacementTrial({
    databaseUrl: database.url,
    workers: 8,
    replacements: 2,
    betweenMs: 300,
    signal: 'SIGTERM',
  })
  expect(trial).toMatchObject({ failed: 0, failures: {}, missing: 0, doubled: 0 })
  expect(trial.calls).toBeGreaterThan(50)
  expect(trial.stops.map(({ code }) => code)).toEqual([0, 0])
}, 60_000)

const client = <C extends Client>(
  Kind: new (address: string, plain: ChannelCredentials, options: Partial<ClientOptions>) => C,
  { grpc, key }: Zerg,
): C => new Kind(grpc, credentials.createInsecure(), { interceptors: [showing(key)] })

const create = (tasks: TasksServiceClient | Earlier, title: string) =>
  answerOf<CreateResponse>(done =>
    tasks.create({ title, description: '', priority: 0, status: 0 }, done),
  )

const ready = (one: Client) =>
  new Promise<void>((resolve, reject) => {
    one.waitForReady(Date.now() + 5_000, error => (error ? reject(error) : resolve()))
  })

async function reflected(zerg: Zerg): Promise<readonly string[]> {
  const reflection = client(ServerReflectionClient, zerg)
  const stream = reflection.serverReflectionInfo()
  const names = new Promise<readonly string[]>((resolve, reject) => {
    stream.on('error', reject)
    stream.on('data', ({ messageResponse: answer }) => {
      if (answer?.$case === 'listServicesResponse')
        resolve(answer.value.service.map(({ name }: { name: string }) => name))
    })
  })
  stream.write({ host: '', messageRequest: { $case: 'listServices', value: '' } })
  const found = await within(names)
  reflection.close()
  return found
}

async function inFlight({ opsUrl }: Zerg): Promise<number> {
  const metrics = await (await fetch(`${opsUrl}/metrics`)).text()
  return Number(/^zerg_grpc_requests_in_flight (\d+)/m.exec(metrics)?.[1])
}
