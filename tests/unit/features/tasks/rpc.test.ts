import { Client, type ServiceError, status as Status } from '@grpc/grpc-js'
import { connect } from 'node:http2'
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import { afterEach, describe, expect, test } from 'bun:test'
import { idFromBytes, idToBytes, newId } from '#lib/id.ts'
import type { NewTask, TaskChange } from '#features/tasks/model.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { fromStatus } from '#transport/grpc/errors.ts'
import type {
  BatchGetResponse,
  CreateRequest,
  CreateResponse,
  ListRequest,
  ListResponse,
  ListStreamResponse,
  UpdateByIdRequest,
} from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { eventually, rejection, within } from '../../../support/eventually.ts'
import { answerOf, openTestGrpc, tasksWith, type TestGrpc } from '../../../support/grpc.ts'
import { aTask } from '../../../support/tasks.ts'

const opened: TestGrpc[] = []
afterEach(async () => {
  for (const grpc of opened.splice(0)) await grpc.close()
})

// Bytes put together by hand, since our own generated code could be wrong in both directions alike.
describe.each(['tasks.TasksService', 'tasks.v1.TasksService'])(
  'a client of the earlier product, calling %s',
  service => {
    test('makes a task with the field numbers that it knows', async () => {
      const made: NewTask[] = []
      const { call } = await setup({
        create: async (_, task) => {
          made.push(task)
          return aTask({ ...taskGiven, ...(task as Partial<typeof taskGiven>) })
        },
      })
      const project = newId()
      const request = new BinaryWriter()
      request.uint32(10).string('Old title')
      request.uint32(18).string('Old text')
      request.uint32(26).bytes(idToBytes(project))
      request.uint32(32).int32(4)
      request.uint32(40).int32(2)
      request.uint32(48).int64(1_800_000_000)
      const answer = fieldsOf(await call(service, 'Create', request.finish()))
      expect(made).toEqual([
        {
          title: 'Old title',
          description: 'Old text',
          project_id: project,
          priority: 'urgent',
          status: 'in_progress',
          due_date: '2027-01-15T08:00:00.000Z',
        },
      ])
      expect(idFromBytes(answer.get(1) as Uint8Array)).toBe(taskGiven.id)
      expect(String(answer.get(2))).toBe('Old title')
      expect(String(answer.get(3))).toBe('Old text')
      expect(idFromBytes(answer.get(5) as Uint8Array)).toBe(project)
      expect([6, 7, 8].map(field => answer.get(field))).toEqual([4n, 2n, 1_800_000_000n])
      // Whole seconds, the fraction dropped.
      expect([9, 10].map(field => answer.get(field))).toEqual([1_767_323_045n, 1_767_323_046n])
    })

    test('clears a project with empty bytes, and takes a task as done', async () => {
      const changes: TaskChange[] = []
      const { call } = await setup({
        change: async (_, id, change) => (changes.push(change), aTask({ id })),
      })
      const request = new BinaryWriter()
      request.uint32(10).bytes(idToBytes(newId()))
      request.uint32(32).bool(true)
      request.uint32(42).bytes(new Uint8Array())
      await call(service, 'UpdateById', request.finish())
      expect(changes).toEqual([{ project_id: null, status: 'done' }])
    })

    test('lists with limit and offset, and gets messages in field 1', async () => {
      const asked: unknown[] = []
      const { call } = await setup({
        list: async (_, query) => (
          asked.push(query),
          { data: [aTask(), aTask()], next_cursor: null }
        ),
      })
      const request = new BinaryWriter()
      request.uint32(16).int32(3)
      request.uint32(40).int32(20)
      request.uint32(48).int32(60)
      const answer = fieldsOf(await call(service, 'List', request.finish()))
      expect(asked).toEqual([{ status: 'done', limit: 20, offset: 60 }])
      expect([...answer.keys()]).toEqual([1])
    })
  },
)

describe('over gRPC', () => {
  test('every problem of a request is told at once, at its place', async () => {
    const { create } = await setup()
    const error = await refused(
      create({
        title: '',
        projectId: Buffer.from('short'),
        priority: 9 as never,
        dueDate: 10n ** 15n,
      }),
    )
    expect(error.code).toBe(Status.INVALID_ARGUMENT)
    expect(
      fromStatus(error)
        ?.errors.map(({ pointer }) => pointer)
        .toSorted(),
    ).toEqual(['/due_date', '/priority', '/project_id', '/title'])
  })

  test('words that are not sent get their default in a new task, and nothing in a change', async () => {
    const seen: object[] = []
    const { create, update } = await setup({
      create: async (_, task) => (seen.push(task), aTask()),
      change: async (_, id, change) => (seen.push(change), aTask({ id })),
    })
    await create({ title: 'Bare' })
    await update({})
    expect(seen).toEqual([{ title: 'Bare', description: '' }, {}])
  })

  test.each<[string, Partial<UpdateByIdRequest>, string]>([
    ['an unspecified status', { status: 0 }, '/status'],
    ['an unspecified priority', { priority: 0 }, '/priority'],
    ['a status that contradicts completed', { status: 1, completed: true }, '/status'],
    ['a field that is set and cleared', { dueDate: 1n, clear: [4] }, '/due_date'],
    ['an unknown field to clear', { clear: [0] }, '/clear'],
    ['a version below 1', { expectedVersion: 0 }, '/version'],
    ['a moment that is none', { dueTime: { seconds: 0n, nanos: -1 } }, '/due_date'],
  ])('a change with %s is refused', async (_, request, pointer) => {
    const { update } = await setup()
    const error = await refused(update(request))
    expect(error.code).toBe(Status.INVALID_ARGUMENT)
    expect(fromStatus(error)?.errors).toEqual([expect.objectContaining({ pointer })])
  })

  test.each<[string, TaskChange]>([
    ['done', { status: 'todo' }],
    ['in_progress', {}],
    ['todo', {}],
  ])('a task that is %s, taken as not completed, changes by %o', async (status, change) => {
    const changes: TaskChange[] = []
    const current = aTask({ status: status as 'todo', completed: status === 'done' })
    const { update } = await setup({
      change: async (_, __, given) => (changes.push(given), current),
    })
    await update({ completed: false })
    expect(changes).toEqual([{}, change])
  })

  test.each<[string, Partial<ListRequest>, object]>([
    ['no limit', {}, { limit: 50, offset: 0 }],
    ['more than there may be', { limit: 1_000 }, { limit: 200, offset: 0 }],
    ['a page token', { pageToken: 'abc', limit: 5 }, { cursor: 'abc', limit: 5, offset: 0 }],
    ['the furthest offset', { offset: 10_000 }, { limit: 50, offset: 10_000 }],
  ])('a list with %s is asked for as %o', async (_, request, query) => {
    const asked: object[] = []
    const { list } = await setup({
      list: async (_, q) => (asked.push(q), { data: [], next_cursor: null }),
    })
    await list(request)
    expect(asked).toEqual([query])
  })

  test.each<[string, Partial<ListRequest>, string]>([
    ['a negative limit', { limit: -1 }, '/limit'],
    ['a negative offset', { offset: -1 }, '/offset'],
    ['an offset too far', { offset: 10_001 }, '/offset'],
    ['an offset and a page token', { offset: 1, pageToken: 'x' }, '/offset'],
    ['an unspecified status', { status: 0 }, '/status'],
    ['an unknown order', { sort: 'title' }, '/sort'],
    ['bytes that are no id', { assigneeId: Buffer.alloc(15) }, '/assignee_id'],
  ])('a list with %s is refused', async (_, request, pointer) => {
    const { list } = await setup()
    const error = await refused(list(request))
    expect(error.code).toBe(Status.INVALID_ARGUMENT)
    expect(fromStatus(error)?.errors).toEqual([expect.objectContaining({ pointer })])
  })

  test('several tasks at once come with the ids of those that are missing', async () => {
    const [here, gone] = [aTask(), newId()]
    const { client } = await setup({ batchGet: async () => [here] })
    const ids = [gone, here.id, gone].map(idToBytes)
    const answer = await answerOf<BatchGetResponse>(done => client.batchGet({ ids }, done))
    expect(answer.data.map(({ title }) => title)).toEqual([here.title])
    expect(answer.missingIds.map(idFromBytes)).toEqual([gone])
    const tooMany = await refused(
      answerOf(done => client.batchGet({ ids: Array.from({ length: 201 }, () => ids[0]!) }, done)),
    )
    expect(tooMany.code).toBe(Status.INVALID_ARGUMENT)
  })
})

describe('a stream of tasks', () => {
  test('goes through every page, up to its limit', async () => {
    const { stream, limits } = await setupPages({ total: 250 })
    expect((await within(collect(stream({ limit: 0 })))).length).toBe(250)
    expect(limits).toEqual([100, 100, 100])
    expect((await within(collect(stream({ limit: 130 })))).length).toBe(130)
    expect(limits.slice(3)).toEqual([100, 30])
  })

  // Without backpressure a slow client would have the server hold the whole table in memory.
  test('reads no further than its client takes', async () => {
    const { grpc, limits } = await setupPages({ total: 100_000, description: 'x'.repeat(10_000) })
    // grpc-js's own client reads ahead whether asked to or not.
    const session = connect(`http://${grpc.address}`)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/tasks.v1.TasksService/ListStream',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    stream.pause()
    stream.end(Buffer.alloc(5))
    await eventually(() => expect(limits.length).toBeGreaterThan(0))
    let before = 0
    const cameToRest = () => {
      const read = limits.length - before
      before = limits.length
      expect(read).toBe(0)
    }
    await eventually(cameToRest, { everyMs: 100 })
    expect(limits.length).toBeLessThan(10)
    stream.resume()
    await eventually(() => expect(limits.length).toBeGreaterThan(20))
    session.destroy()
  })

  test('that fails on the way ends with the status', async () => {
    const { client } = await setup({ list: () => Promise.reject(new Error('driver text')) })
    const error = await refused(collect(client.listStream({ ...noQuery, limit: 0 })))
    expect(error.code).toBe(Status.INTERNAL)
    expect(error.details).not.toContain('driver')
  })
})

const taskGiven = aTask({
  created_at: '2026-01-02T03:04:05.999Z',
  updated_at: '2026-01-02T03:04:06.001Z',
})

const noQuery = { pageToken: '', sort: '', q: '' }

const refused = async (promise: Promise<unknown>) => (await rejection(promise)) as ServiceError

const collect = (stream: AsyncIterable<ListStreamResponse>) => Array.fromAsync(stream)

// What a reader of the wire format finds: the last value of each field.
function fieldsOf(bytes: Uint8Array) {
  const found = new Map<number, bigint | Uint8Array>()
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (type === 0) found.set(field, BigInt(reader.int64()))
    else if (type === 2) found.set(field, Buffer.from(reader.bytes()))
    else throw new Error(`Field ${field} has the wire type ${type}.`)
  }
  return found
}

async function setup(given: Partial<Tasks> = {}) {
  const grpc = await openTestGrpc(tasksWith(given))
  opened.push(grpc)
  const client = grpc.tasksClient()
  const raw = grpc.client(Client)
  const asIs = (bytes: Buffer) => bytes
  return {
    grpc,
    client,
    call: (service: string, method: string, request: Uint8Array) =>
      answerOf<Buffer>(done =>
        raw.makeUnaryRequest(`/${service}/${method}`, asIs, asIs, Buffer.from(request), done),
      ),
    create: (request: Partial<CreateRequest>) =>
      answerOf<CreateResponse>(done =>
        client.create({ title: '', description: '', priority: 0, status: 0, ...request }, done),
      ),
    update: (request: Partial<UpdateByIdRequest>) =>
      answerOf(done => client.updateById({ id: idToBytes(newId()), clear: [], ...request }, done)),
    list: (request: Partial<ListRequest>) =>
      answerOf<ListResponse>(done =>
        client.list({ ...noQuery, limit: 0, offset: 0, ...request }, done),
      ),
  }
}

async function setupPages({ total, description = '' }: { total: number; description?: string }) {
  const limits: number[] = []
  const { grpc, client } = await setup({
    list: async (_, { cursor = '0', limit = 0 }) => {
      limits.push(limit)
      const end = Math.min(total, Number(cursor) + limit)
      const data = Array.from({ length: end - Number(cursor) }, () => aTask({ description }))
      return { data, next_cursor: end < total ? String(end) : null }
    },
  })
  return {
    grpc,
    limits,
    stream: ({ limit }: { limit: number }) => client.listStream({ ...noQuery, limit }),
  }
}
