import { Client, credentials, Metadata, status as Status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'bun:test'
import { AppError } from '#lib/errors.ts'
import { idToBytes, newId } from '#lib/id.ts'
import type { Call } from '#lib/call.ts'
import type { Task } from '#features/tasks/model.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { fromStatus } from '#transport/grpc/errors.ts'
import type { GetByIdResponse } from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import type { GrpcOptions } from '#transport/grpc/server.ts'
import { eventually, rejection, within } from '../../../support/eventually.ts'
import { answerOf, openTestGrpc, tasksWith, type TestGrpc } from '../../../support/grpc.ts'
import { memoryLog } from '../../../support/grpc-log.ts'
import { aTask } from '../../../support/tasks.ts'

const opened: TestGrpc[] = []
afterEach(async () => {
  for (const grpc of opened.splice(0)) await grpc.close()
})

describe('a gRPC call', () => {
  test('takes its request id along, and gets one where it brings none', async () => {
    const seen: string[] = []
    const { client } = await setup({
      get: async ({ caller }, id) => (seen.push(caller.requestId), aTask({ id })),
    })
    const given = new Metadata()
    given.set('x-request-id', 'abc-123')
    const headers = (metadata: Metadata) =>
      new Promise<string>(resolve => {
        const call = client.getById({ id: idToBytes(newId()) }, metadata, () => undefined)
        call.on('metadata', (answer: Metadata) => resolve(String(answer.get('x-request-id')[0])))
      })
    expect(await within(headers(given))).toBe('abc-123')
    const made = await within(headers(new Metadata()))
    expect(made).toMatch(/^[0-9a-f-]{36}$/)
    const forged = new Metadata()
    forged.set('x-request-id', 'a b'.repeat(100))
    expect(await within(headers(forged))).toMatch(/^[0-9a-f-]{36}$/)
    expect(seen.slice(0, 2)).toEqual(['abc-123', made])
  })

  test('with a deadline that has passed is answered at once and reaches no service', async () => {
    let asked = 0
    const { grpc } = await setup({ get: async (_, id) => (asked++, aTask({ id })) })
    // grpc-js would not send such a call, other clients do.
    const raw = new Client(grpc.address, credentials.createInsecure())
    const late = new Metadata()
    late.set('grpc-timeout', '0m')
    const error = await rejection(getRaw(raw, { metadata: late }))
    expect(error).toMatchObject({ code: Status.DEADLINE_EXCEEDED })
    expect(asked).toBe(0)
    raw.close()
  })

  // proto3 says that a string is UTF-8; reading it as something else would store what nobody sent.
  test('with a text that is not UTF-8 is refused and reaches no service', async () => {
    let asked = 0
    const { grpc } = await setup({ create: async () => (asked++, aTask()) })
    const raw = new Client(grpc.address, credentials.createInsecure())
    const path = '/tasks.v1.TasksService/Create'
    const sent = getRaw(raw, { path, bytes: Buffer.from('0a02fffe', 'hex') })
    expect(await rejection(sent)).toMatchObject({ code: Status.INVALID_ARGUMENT })
    expect(asked).toBe(0)
    raw.close()
  })

  test('without a deadline gets one, and the service is told when it passes', async () => {
    const { service, client } = await setup(hanging(), { defaultTimeoutMs: 50 })
    const error = await rejection(get(client))
    expect(error).toMatchObject({ code: Status.DEADLINE_EXCEEDED })
    expect(service.reasons).toEqual(['deadline_exceeded'])
  })

  test('with a deadline hands it to the service', async () => {
    const deadlines: number[] = []
    const { client } = await setup({
      get: async ({ deadlineAtMs }, id) => (deadlines.push(deadlineAtMs), aTask({ id })),
    })
    const deadline = Date.now() + 2_000
    await answerOf<GetByIdResponse>(done =>
      client.getById({ id: idToBytes(newId()) }, new Metadata(), { deadline }, done),
    )
    expect(Math.abs(deadlines[0]! - deadline)).toBeLessThan(1_000)
  })

  test('that the client gives up aborts what the service is doing', async () => {
    const { service, client } = await setup(hanging())
    const call = client.getById({ id: idToBytes(newId()) }, () => undefined)
    await eventually(() => expect(service.calls.length).toBe(1))
    call.cancel()
    await eventually(() => expect(service.reasons).toEqual(['client_closed_request']))
  })

  test('whose message is too large is refused before it is read', async () => {
    const { client } = await setup({}, { messageMaxBytes: 1_000 })
    const error = await rejection(get(client, Buffer.alloc(2_000)))
    expect(error).toMatchObject({ code: Status.RESOURCE_EXHAUSTED })
  })

  test('whose bytes are no message is the client’s mistake, not ours', async () => {
    const { grpc } = await setup()
    const raw = new Client(grpc.address, credentials.createInsecure())
    const error = await rejection(getRaw(raw, { bytes: Buffer.from('ffff', 'hex') }))
    expect(error).toMatchObject({ code: Status.INVALID_ARGUMENT })
    raw.close()
  })

  test('to a method that nobody serves is UNIMPLEMENTED', async () => {
    const { grpc } = await setup()
    const raw = new Client(grpc.address, credentials.createInsecure())
    const error = await rejection(getRaw(raw, { path: '/tasks.v1.TasksService/Nothing' }))
    expect(error).toMatchObject({ code: Status.UNIMPLEMENTED })
    raw.close()
  })

  // The Rust original answered NOT_FOUND here, and its HTTP side 404.
  test('for one task while the database is down is UNAVAILABLE, with when to try again', async () => {
    const lost = new AppError('database_unavailable', 'The database cannot be reached.')
    const { client } = await setup({ get: () => Promise.reject(lost) })
    const error = (await rejection(get(client))) as Parameters<typeof fromStatus>[0]
    expect(error.code).toBe(Status.UNAVAILABLE)
    expect(fromStatus(error)).toMatchObject({ code: 'database_unavailable', retryAfterS: 1 })
  })

  test('that fails for reasons nobody foresaw tells nothing of them', async () => {
    const { client, log } = await setup({ get: () => Promise.reject(new Error('secret 4711')) })
    const error = (await rejection(get(client))) as Parameters<typeof fromStatus>[0]
    expect(error).toMatchObject({ code: Status.INTERNAL })
    expect(`${error.details}${JSON.stringify(error.metadata)}`).not.toContain('4711')
    expect(log.lines().at(-1)).toMatchObject({ level: 50, code: 'internal' })
  })

  test('leaves one line in the log and counts once, by its name and status', async () => {
    const { client, log, grpc } = await setup({ get: async (_, id) => aTask({ id }) })
    await get(client)
    expect(log.lines()).toEqual([
      expect.objectContaining({
        msg: 'grpc_call',
        method: 'tasks.v1.TasksService/GetById',
        status: 'OK',
        request_id: expect.any(String),
        duration_ms: expect.any(Number),
        bytes_in: 18,
        bytes_out: expect.any(Number),
      }),
    ])
    const { values } = await grpc.metrics.grpc.requests.get()
    expect(values).toEqual([
      { labels: { method: 'tasks.v1.TasksService/GetById', status: 'OK' }, value: 1 },
    ])
    expect(grpc.door.finished()).toBe(1)
    expect(grpc.door.inFlight()).toBe(0)
  })
})

describe('a gRPC server that stops', () => {
  test('finishes the calls inside, and hangs on no idle connection, watcher or reflection', async () => {
    const { grpc, client, service, release } = await setup(hanging())
    const idle = grpc.tasksClient()
    await ready(idle)
    const answer = get(client)
    await eventually(() => expect(service.calls.length).toBe(1))
    grpc.door.announceDrain()
    grpc.door.stopListening()
    expect(grpc.door.inFlight()).toBe(1)
    release()
    expect(await within(answer)).toMatchObject({ title: 'A task' })
    await within(grpc.door.closed(), 2_000)
    expect(service.reasons).toEqual([])
  })

  test('still answers calls after it has announced the drain', async () => {
    const { grpc, client } = await setup({ get: async (_, id) => aTask({ id }) })
    grpc.door.announceDrain()
    expect(await get(client)).toMatchObject({ title: 'A task' })
  })

  test('answers those who run out of time as shutting down', async () => {
    const { grpc, client, service } = await setup(hanging())
    const failure = rejection(get(client))
    await eventually(() => expect(service.calls.length).toBe(1))
    grpc.door.stopListening()
    expect(grpc.door.abortInFlight()).toBe(1)
    const error = (await failure) as Parameters<typeof fromStatus>[0]
    expect(fromStatus(error)).toMatchObject({ code: 'shutting_down' })
    await within(grpc.door.closed(), 2_000)
  })

  test('cuts what does not heed its signal, and says how many', async () => {
    const { grpc, client, service } = await setup({ get: () => new Promise(() => undefined) })
    const failure = rejection(get(client))
    await eventually(() => expect(grpc.door.inFlight()).toBe(1))
    grpc.door.stopListening()
    expect(grpc.door.force()).toBe(1)
    expect(await failure).toMatchObject({ code: expect.any(Number) })
    await within(grpc.door.closed(), 2_000)
    expect(service.calls.length).toBe(0)
  })

  test('says so when its port is taken', async () => {
    const { grpc } = await setup()
    const second = openTestGrpc(tasksWith({}), { port: grpc.door.port })
    expect(String(await rejection(second))).toContain('EADDRINUSE')
  })
})

type Generated = ReturnType<TestGrpc['tasksClient']>

const get = (client: Generated, id: Buffer = idToBytes(newId())) =>
  answerOf<GetByIdResponse>(done => client.getById({ id }, done))

type Raw = { metadata?: Metadata; bytes?: Buffer; path?: string }

const getRaw = (
  client: Client,
  {
    metadata = new Metadata(),
    bytes = Buffer.alloc(0),
    path = '/tasks.v1.TasksService/GetById',
  }: Raw,
) =>
  answerOf<Buffer>(done =>
    client.makeUnaryRequest(
      path,
      (b: Buffer) => b,
      b => b,
      bytes,
      metadata,
      done,
    ),
  )

const ready = (client: Generated) =>
  new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + 2_000, error => (error ? reject(error) : resolve()))
  })

// Tasks whose `get` waits for its release or its abort signal, and remembers both.
function hanging() {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const reasons: string[] = []
  const calls: Call[] = []
  const get = async (call: Call, id: string): Promise<Task> => {
    calls.push(call)
    const aborted = new Promise<never>((_, reject) => {
      call.signal.addEventListener('abort', () => {
        reasons.push(call.signal.reason.code)
        reject(call.signal.reason)
      })
    })
    await Promise.race([released, aborted])
    return aTask({ id })
  }
  return { get, release, reasons, calls }
}

async function setup(
  given: Partial<Tasks> & Partial<ReturnType<typeof hanging>> = {},
  options: Partial<GrpcOptions> = {},
) {
  const { reasons = [], calls = [], release = () => undefined, ...tasks } = given
  const log = memoryLog()
  const grpc = await openTestGrpc(tasksWith(tasks), { log: log.log, ...options })
  opened.push(grpc)
  return { grpc, log, client: grpc.tasksClient(), service: { reasons, calls }, release }
}
