// On whose behalf an api process asks the Tasks service, and under which key.

import { afterEach, describe, expect, test } from 'bun:test'
import type { Call } from '#lib/call.ts'
import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import { createInternalTokens } from '#transport/grpc/internal-token.ts'
import { callBy } from '../../../support/databases.ts'
import { eventually, rejection } from '../../../support/eventually.ts'
import {
  connectTestTasks,
  openTestGrpc,
  strictAdmission,
  tasksWith,
} from '../../../support/grpc.ts'
import { aUser } from '../../../support/identities.ts'
import { aTask } from '../../../support/tasks.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const strangers = createInternalTokens({
  secrets: createSecrets({ secret: 'the secret of quite another Zerg, elsewhere' }),
  clock: systemClock,
})

describe('the Tasks service', () => {
  test('is told who asks, from where, and under which ids', async () => {
    const seen: Call[] = []
    const { address } = await serve({ get: async (call, id) => (seen.push(call), aTask({ id })) })
    const caller = {
      ...aUser({ kind: 'key', scopes: ['tasks:read'] }),
      via: 'http' as const,
      address: '203.0.113.7',
      requestId: 'from-the-client',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    }
    await connect([address]).tasks.get(callBy(caller), newId())
    expect({ ...seen[0]?.caller }).toEqual(caller)
  })

  test('with another secret makes 503 and not 401: the caller has done nothing wrong', async () => {
    const { address } = await serve({ get: async (_, id) => aTask({ id }) })
    const { tasks, check } = connect([address], { credentials: strangers.sign })
    const error = await rejection(tasks.get(callBy(), newId()))
    expect(error).toMatchObject({ code: 'tasks_service_unavailable', retryAfterS: 1 })
    const failure = String(await rejection(check.run(AbortSignal.timeout(2_000))))
    expect(failure).toContain('Our token is not taken')
    expect(failure).toContain('ZERG_SECRET')
  })

  test('that asks for a token which we have none of makes 503 too', async () => {
    const { address } = await serve({ get: async (_, id) => aTask({ id }) })
    const { tasks } = connect([address], { credentials: () => undefined })
    const error = await rejection(tasks.get(callBy(), newId()))
    expect(error).toMatchObject({ code: 'tasks_service_unavailable' })
  })

  test('says of a caller that they may not, and that is what they are told', async () => {
    const { address } = await serve({ get: async (_, id) => aTask({ id }) })
    const caller = aUser({ kind: 'key', scopes: ['projects:read'] })
    const error = await rejection(connect([address]).tasks.get(callBy(caller), newId()))
    expect(error).toMatchObject({ code: 'insufficient_scope' })
  })
})

describe('an idempotency key', () => {
  test('reaches the service, and what was answered before comes back as such', async () => {
    const keys: (string | undefined)[] = []
    const { address } = await serve({
      create: async ({ idempotency }) => {
        keys.push(idempotency?.key)
        if (idempotency) idempotency.replayed = keys.length > 1
        return aTask()
      },
    })
    const { tasks } = connect([address])
    const [first, second, none] = [callUnder('abc'), callUnder('abc'), callBy()]
    for (const call of [first, second, none]) await tasks.create(call, { title: 'x' })
    expect(keys).toEqual(['abc', 'abc', undefined])
    expect([first, second].map(call => call.idempotency?.replayed)).toEqual([false, true])
  })

  // Two instances over one database. Whichever gets the first attempt is gone before it can answer,
  // and its transaction holds the key for a little longer.
  test('that a lost attempt of ours still holds is waited for, and is no repetition', async () => {
    const sent: string[] = []
    const instances: Awaited<ReturnType<typeof serve>>[] = []
    const createOn =
      (which: number): Tasks['create'] =>
      async ({ idempotency }, { id = '' }) => {
        sent.push(id)
        if (sent.length === 1) {
          instances[which]!.door.force()
          return await new Promise<never>(() => undefined)
        }
        if (sent.length === 2) throw new AppError('idempotency_in_flight', 'At work.')
        if (idempotency) idempotency.replayed = true
        return aTask({ id })
      }
    instances.push(...(await Promise.all([0, 1].map(which => serve({ create: createOn(which) })))))
    const { tasks, check } = connect(instances.map(({ address }) => address))
    await eventually(() => expect(check.figures?.()).toMatchObject({ addresses_connected: 2 }))
    const call = callUnder('abc')
    const task = await tasks.create(call, { title: 'x' })
    expect(sent).toEqual([task.id, task.id, task.id])
    expect(call.idempotency?.replayed).toBe(false)
  })

  test('that somebody else holds is told at once', async () => {
    let count = 0
    const { address } = await serve({
      create: async () => {
        count++
        throw new AppError('idempotency_in_flight', 'At work.', { retryAfterS: 1 })
      },
    })
    const error = await rejection(connect([address]).tasks.create(callUnder('abc'), { title: 'x' }))
    expect(error).toMatchObject({ code: 'idempotency_in_flight', retryAfterS: 1 })
    expect(count).toBe(1)
  })
})

const callUnder = (key: string): Call => ({
  ...callBy(),
  idempotency: { key, replayed: false },
})

function connect(...given: Parameters<typeof connectTestTasks>) {
  const remote = connectTestTasks(...given)
  closing.push(remote.resource.close)
  return remote
}

async function serve(given: Partial<Tasks>) {
  const grpc = await openTestGrpc(tasksWith(given), { admission: strictAdmission })
  closing.push(grpc.close)
  return grpc
}
