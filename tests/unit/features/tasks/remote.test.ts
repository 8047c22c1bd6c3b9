import { afterEach, describe, expect, test } from 'bun:test'
import type { Call } from '#lib/call.ts'
import { AppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import type { Task, TaskChange } from '#features/tasks/model.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { callBy } from '../../../support/databases.ts'
import { eventually, rejection } from '../../../support/eventually.ts'
import { connectTestTasks, openTestGrpc, tasksWith } from '../../../support/grpc.ts'
import { memoryLog } from '../../../support/grpc-log.ts'
import { openRefusing } from '../../../support/refusing-http2.ts'
import { aTask } from '../../../support/tasks.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const NOBODY = '127.0.0.1:1'

describe('with the Tasks service gone', () => {
  test.each<[string, (tasks: Tasks) => Promise<unknown>]>([
    ['a read', tasks => tasks.get(callBy(), newId())],
    ['a new task', tasks => tasks.create(callBy(), { title: 'x' })],
    ['a change', tasks => tasks.change(callBy(), newId(), { title: 'x' })],
    ['a removal', tasks => tasks.remove(callBy(), newId())],
  ])('%s fails at once, and not as if there were no task', async (_, ask) => {
    const { tasks } = connect([NOBODY])
    const startedMs = performance.now()
    const error = await rejection(ask(tasks))
    expect(error).toMatchObject({ code: 'tasks_service_unavailable', retryAfterS: 1 })
    expect(performance.now() - startedMs).toBeLessThan(1_000)
  })

  test('calls succeed again soon after it has come back', async () => {
    const first = await serve({ get: async (_, id) => aTask({ id }) })
    const { tasks } = connect([first.address])
    await tasks.get(callBy(), newId())
    await first.close()
    await eventually(async () => {
      const error = await rejection(tasks.get(callBy(), newId()))
      expect(error).toMatchObject({ code: 'tasks_service_unavailable' })
    })
    await serve({ get: async (_, id) => aTask({ id }) }, { port: first.door.port })
    await eventually(async () => await tasks.get(callBy(), newId()), { withinMs: 3_000 })
  })

  test('its check fails, and passes again with it', async () => {
    const first = await serve({})
    const { check } = connect([first.address])
    expect(await check.run(AbortSignal.timeout(1_000))).toBe('1 of 1 addresses connected')
    first.door.announceDrain()
    expect(String(await rejection(check.run(AbortSignal.timeout(1_000))))).toContain(
      'about to stop',
    )
    await first.close()
    expect(String(await rejection(check.run(AbortSignal.timeout(1_000))))).toContain('No instance')
    await serve({}, { port: first.door.port })
    await eventually(async () => await check.run(AbortSignal.timeout(1_000)))
  })
})

describe('what the service answers', () => {
  test.each(['database_unavailable', 'database_busy', 'task_not_found', 'forbidden'] as const)(
    '%s arrives as it is, and is not repeated',
    async code => {
      let asked = 0
      const { address } = await serve({
        get: async () => {
          asked++
          throw new AppError(code, 'As it was said.')
        },
      })
      const { tasks } = connect([address])
      const error = await rejection(tasks.get(callBy(), newId()))
      expect(error).toMatchObject({ code, message: 'As it was said.' })
      expect(asked).toBe(1)
    },
  )

  test('cannot take longer than its limit', async () => {
    const { address } = await serve({ get: () => new Promise(() => undefined) })
    const { tasks } = connect([address], { timeoutMs: 100 })
    const error = await rejection(tasks.get(callBy(), newId()))
    expect(error).toMatchObject({ code: 'deadline_exceeded' })
  })

  test('is no longer waited for when the call aborts, over there neither', async () => {
    const reasons: unknown[] = []
    const { address } = await serve({
      get: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason.code)
            reject(signal.reason)
          })
        }),
    })
    const { tasks } = connect([address])
    const controller = new AbortController()
    const failure = rejection(tasks.get({ ...callBy(), signal: controller.signal }, newId()))
    const reason = new AppError('client_closed_request', 'Gone.')
    setTimeout(() => controller.abort(reason), 50)
    expect(await failure).toBe(reason)
    await eventually(() => expect(reasons).toEqual(['client_closed_request']))
  })

  test('carries the id of the request over', async () => {
    const ids: string[] = []
    const { address } = await serve({
      get: async ({ caller }, id) => (ids.push(caller.requestId), aTask({ id })),
    })
    await connect([address]).tasks.get(callBy({ requestId: 'from-http' }), newId())
    expect(ids).toEqual(['from-http'])
  })
})

// An instance that is killed takes calls with it of which nobody knows whether they were made.
describe('when an instance is lost with the call inside', () => {
  test('a new task is made once, by the id that it was given', async () => {
    const { tasks, made } = await lossy('create')
    const task = await tasks.create(callBy(), { title: 'Once' })
    expect(made.map(({ id }) => id)).toEqual([task.id, task.id])
  })

  test('a read is repeated', async () => {
    const { tasks, made } = await lossy('get')
    expect(await tasks.get(callBy(), kept.id)).toEqual(kept)
    expect(made.length).toBe(2)
  })

  test('a change without a version is not repeated, since it might undo somebody else’s', async () => {
    const { tasks, made } = await lossy('change')
    const error = await rejection(tasks.change(callBy(), kept.id, { title: 'x' }))
    expect(error).toMatchObject({ code: 'tasks_service_unavailable' })
    expect(made.length).toBe(1)
  })

  test('a change of a version that was made is known by its content', async () => {
    const due_date = '2026-12-24T12:00:00.000Z'
    const { tasks } = await lossy('change', { ...kept, title: 'Mine', due_date, version: 8 })
    const change = {
      title: 'Mine',
      description: null,
      due_date: '2026-12-24T13:00:00+01:00',
      version: 7,
    }
    expect(await tasks.change(callBy(), kept.id, change)).toMatchObject({
      title: 'Mine',
      version: 8,
    })
  })

  test('a change of a version that somebody else changed is refused', async () => {
    const { tasks } = await lossy('change', { ...kept, title: 'Theirs', version: 8 })
    const error = await rejection(tasks.change(callBy(), kept.id, { title: 'Mine', version: 7 }))
    expect(error).toMatchObject({ code: 'version_mismatch' })
  })

  test('a replacement that was made is known by all of its content', async () => {
    const now = { ...kept, title: 'Mine', version: 8 }
    const { tasks } = await lossy('replace', now)
    const wanted = { title: 'Mine', version: 7, due_date: null }
    expect(await tasks.replace(callBy(), kept.id, wanted)).toEqual(now)
  })

  test('a replacement is refused when a field that it leaves out is not at its default', async () => {
    const { tasks } = await lossy('replace', {
      ...kept,
      title: 'Mine',
      priority: 'high',
      version: 8,
    })
    const error = await rejection(tasks.replace(callBy(), kept.id, { title: 'Mine', version: 7 }))
    expect(error).toMatchObject({ code: 'version_mismatch' })
  })

  test('a removal whose repetition finds nothing was made', async () => {
    const { tasks, made } = await lossy('remove')
    await tasks.remove(callBy(), kept.id)
    expect(made.length).toBe(2)
  })

  test('a removal that meets nothing at first is told so', async () => {
    const missing = async () => {
      throw new AppError('task_not_found', 'No.')
    }
    const { address } = await serve({ remove: missing })
    const error = await rejection(connect([address]).tasks.remove(callBy(), kept.id))
    expect(error).toMatchObject({ code: 'task_not_found' })
  })
})

// grpc-js tells only in words that a call was not begun; a new version of it could use others.
describe('what no instance has begun', () => {
  describe.each(['REFUSED_STREAM', 'GOAWAY'] as const)('because of %s', how => {
    test.each<[string, (tasks: Tasks) => Promise<unknown>]>([
      ['a change without a version', tasks => tasks.change(callBy(), kept.id, { title: 'x' })],
      ['a removal', tasks => tasks.remove(callBy(), kept.id)],
    ])('is repeated elsewhere, even %s', async (_, ask) => {
      const refusing = await openRefusing(how)
      closing.push(refusing.close)
      let made = 0
      const serving = await serve({
        change: async () => (made++, kept),
        remove: async () => void made++,
      })
      const { tasks, check } = connect([refusing.address, serving.address])
      await eventually(() => expect(check.figures?.()).toMatchObject({ addresses_connected: 2 }))
      for (let call = 0; call < 20; call++) await ask(tasks)
      expect(refusing.count()).toBeGreaterThan(0)
      expect(made).toBe(20)
    })
  })
})

describe('with several addresses', () => {
  test('one that nobody serves costs no call', async () => {
    const { address } = await serve({ get: async (_, id) => aTask({ id }) })
    const { tasks } = connect([NOBODY, address])
    for (let call = 0; call < 20; call++) await tasks.get(callBy(), newId())
  })

  test('all of them are used', async () => {
    const seen = new Set<number>()
    const both = [0, 1].map(which =>
      serve({ get: async (_, id) => (seen.add(which), aTask({ id })) }),
    )
    const addresses = (await Promise.all(both)).map(({ address }) => address)
    const { tasks } = connect(addresses)
    await eventually(async () => {
      await tasks.get(callBy(), newId())
      expect(seen.size).toBe(2)
    })
  })

  test('a name is resolved', async () => {
    const { door } = await serve({ get: async (_, id) => aTask({ id }) })
    const { tasks } = connect([`localhost:${door.port}`])
    await tasks.get(callBy(), newId())
  })
})

describe('an instance that hangs beside one that serves', () => {
  test('costs a read half of its time at most, and gets no more calls for a while', async () => {
    let hung = 0
    const hanging = await serve({ get: () => (hung++, new Promise<never>(() => undefined)) })
    const serving = await serve({ get: async (_, id) => aTask({ id }) })
    const { tasks, check } = connect([hanging.address, serving.address], { timeoutMs: 600 })
    await eventually(() => expect(check.figures?.()).toMatchObject({ addresses_connected: 2 }))
    for (let call = 0; call < 20; call++) await tasks.get(callBy(), newId())
    expect(hung).toBe(1)
  })

  test('fails the changes that it holds as late, since they may have been made', async () => {
    const hang = () => new Promise<never>(() => undefined)
    const both = [await serve({ change: hang }), await serve({ change: hang })]
    const { tasks } = connect(
      both.map(({ address }) => address),
      { timeoutMs: 100 },
    )
    const error = await rejection(tasks.change(callBy(), newId(), { title: 'x' }))
    expect(error).toMatchObject({ code: 'deadline_exceeded' })
  })
})

describe('the breaker', () => {
  test('stops asking a service that hangs, and asks again when it answers', async () => {
    let hangs = true
    const { address } = await serve({
      get: (_, id) => (hangs ? new Promise(() => undefined) : Promise.resolve(aTask({ id }))),
    })
    const metrics = createMetrics()
    const { tasks } = connect([address], { timeoutMs: 300, metrics })
    const asks = Array.from({ length: 10 }, () => rejection(tasks.get(callBy(), newId())))
    await Promise.all(asks)
    const startedMs = performance.now()
    const error = await rejection(tasks.get(callBy(), newId()))
    expect(error).toMatchObject({ code: 'tasks_service_unavailable' })
    expect(performance.now() - startedMs).toBeLessThan(250)
    const { values } = await metrics.tasksService.breakerOpen.get()
    expect(values[0]?.value).toBe(1)
    hangs = false
    await eventually(async () => await tasks.get(callBy(), newId()), { withinMs: 5_000 })
  })

  test('does not mind calls whose own deadline was short', async () => {
    const { address } = await serve({
      get: ({ deadlineAtMs }, id) =>
        deadlineAtMs - Date.now() < 1_000
          ? new Promise(() => undefined)
          : Promise.resolve(aTask({ id })),
    })
    const { tasks } = connect([address])
    const hasty = () => ({ ...callBy(), deadlineAtMs: Date.now() + 30 })
    for (let call = 0; call < 12; call++)
      expect(await rejection(tasks.get(hasty(), newId()))).toMatchObject({
        code: 'deadline_exceeded',
      })
    await tasks.get(callBy(), newId())
  })
})

test('a call is logged at debug, and a slow one warns of what was slow', async () => {
  let delayMs = 0
  const { address } = await serve({
    get: async (_, id) => {
      await Bun.sleep(delayMs)
      return aTask({ id })
    },
  })
  const memory = memoryLog()
  const metrics = createMetrics()
  const { tasks } = connect([address], { log: memory.log, metrics })
  await tasks.get(callBy({ requestId: 'quick' }), newId())
  delayMs = 1_050
  await tasks.get(callBy({ requestId: 'slow' }), newId())
  expect(memory.lines()).toEqual([
    expect.objectContaining({
      level: 20,
      request_id: 'quick',
      service: 'tasks-service',
      status: 'ok',
    }),
    expect.objectContaining({
      level: 40,
      request_id: 'slow',
      method: 'tasks.v1.TasksService/GetById',
      attempts: 1,
    }),
  ])
  const { values } = await metrics.tasksService.requests.get()
  expect(values[0]).toMatchObject({ labels: { status: 'ok' }, value: 2 })
})

const kept = aTask({ version: 7 })

function connect(...given: Parameters<typeof connectTestTasks>) {
  const remote = connectTestTasks(...given)
  closing.push(remote.resource.close)
  return remote
}

async function serve(given: Partial<Tasks>, options: Parameters<typeof openTestGrpc>[1] = {}) {
  const grpc = await openTestGrpc(tasksWith(given), options)
  closing.push(grpc.close)
  return grpc
}

type Lost = 'create' | 'get' | 'change' | 'replace' | 'remove'

// Two instances over one store. Whichever gets the first call makes it and is gone before it can
// say so; the other sees what it then finds.
async function lossy(verb: Lost, afterwards: Task = kept) {
  const made: { id: string }[] = []
  const gone = async (): Promise<never> => await new Promise(() => undefined)
  const instances: { force(): void }[] = []
  const tasksOf = (which: number): Partial<Tasks> => {
    const isLost = (id: string) => {
      made.push({ id })
      if (made.length > 1) return false
      instances[which]!.force()
      return true
    }
    const versioned = async (_: Call, id: string, change: TaskChange) => {
      if (isLost(id)) return await gone()
      if (change.version !== afterwards.version)
        throw new AppError('version_mismatch', 'The task has changed.')
      return afterwards
    }
    return {
      create: async (_, task) => (isLost(task.id ?? '') ? await gone() : aTask({ id: task.id! })),
      get: async (_, id) => (verb === 'get' && isLost(id) ? await gone() : afterwards),
      change: versioned,
      replace: versioned,
      remove: async (_, id) => {
        if (isLost(id)) return await gone()
        throw new AppError('task_not_found', 'No such task.')
      },
    }
  }
  const both = await Promise.all([0, 1].map(which => serve(tasksOf(which))))
  instances.push(...both.map(({ door }) => ({ force: () => void door.force() })))
  const remote = connect(both.map(({ address }) => address))
  await eventually(() => expect(remote.check.figures?.()).toMatchObject({ addresses_connected: 2 }))
  return { tasks: remote.tasks, made }
}
