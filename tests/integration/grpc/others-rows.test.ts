// What somebody learns of, or does to, a task that is not theirs: each method, by both names, as
// every kind of caller, against a row that is really there.

import { Metadata, type ServiceError, status as Status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Identity } from '#lib/caller.ts'
import { idToBytes, newId } from '#lib/id.ts'
import { TasksServiceClient as Earlier } from '#transport/grpc/proto/tasks/tasks.gen.ts'
import {
  type BatchGetResponse,
  type CreateResponse,
  type ListResponse,
  type ListStreamResponse,
  TasksServiceClient,
} from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { callBy, databases, insertUser, type OpenedDatabase } from '../../support/databases.ts'
import { within } from '../../support/eventually.ts'
import { answerOf, openTestGrpc, strictAdmission, testTokens } from '../../support/grpc.ts'
import { anAuditor, aUser } from '../../support/identities.ts'
import { openTestTasks } from '../../support/tasks.ts'

describe.each(databases)('another’s task over gRPC, on $name', ({ open }) => {
  let world: World
  beforeAll(async () => {
    world = await makeWorld(await open())
  }, 60_000)
  afterAll(async () => await world?.close())

  const OUTSIDERS = ['outsider', 'key of an outsider', 'narrow key of an outsider'] as const

  describe.each(OUTSIDERS)('as %s', who => {
    // Bytes for bytes the same as where there is nothing: not even its existence is told.
    test.each(['theirs', 'theirsInProject'] as const)(
      'no method tells %s from a task that is not there',
      async which => {
        const [task, nothing] = [world.tasks[which], newId()]
        for (const [name, ask] of Object.entries(aimed)) {
          const told = await outcome(ask(world.clients(who), task))
          const untold = await outcome(ask(world.clients(who), nothing))
          expect([name, told]).toEqual([name, untold])
          expect([name, told.code]).toEqual([
            name,
            told.code === 'OK' ? 'OK' : expectedFor(who, name),
          ])
        }
        expect(await world.rows()).toEqual(world.before)
      },
    )

    test('no list, stream, search or cursor shows it', async () => {
      const { today: client } = world.clients(who)
      const asked = [
        {},
        { ownerId: idToBytes(world.owner.userId) },
        { projectId: idToBytes(world.project) },
        { q: 'secret' },
        { pageToken: world.cursor, sort: '-created_at' },
        { offset: 1 },
      ]
      for (const query of asked) {
        const request = { limit: 0, offset: 0, pageToken: '', sort: '', q: '', ...query }
        const page = await answerOf<ListResponse>(done => client.list(request, done))
        expect([query, titlesOf(page.data)]).toEqual([query, []])
        expect(page.nextPageToken).toBe('')
        expect([query, titlesOf(await streamed(client, request))]).toEqual([query, []])
      }
    })
  })

  test.each(['outsider', 'key of an outsider'])(
    'a new task of %s cannot take its id, its project or its owner for an assignee',
    async who => {
      const make = (given: object) =>
        answerOf<CreateResponse>(done =>
          world
            .clients(who)
            .today.create(
              { title: 'Mine', description: '', priority: 0, status: 0, ...given },
              done,
            ),
        )
      const made = await make({ id: idToBytes(world.tasks.theirs) })
      expect(Buffer.from(made.id).equals(idToBytes(world.tasks.theirs))).toBe(false)
      for (const field of ['projectId', 'assigneeId'] as const) {
        const real = field === 'projectId' ? world.project : world.owner.userId
        const told = await outcome(make({ [field]: idToBytes(real) }))
        expect(told).toEqual(await outcome(make({ [field]: idToBytes(newId()) })))
        expect(told.code).toBe('FAILED_PRECONDITION')
      }
      await world.forget(made.id)
      expect(await world.rows()).toEqual(world.before)
    },
  )

  test('a stranger is asked who they are, whatever they name', async () => {
    for (const [name, ask] of Object.entries(aimed)) {
      const told = await outcome(ask(world.clients('stranger'), world.tasks.theirs))
      expect([name, told.code]).toEqual([name, 'UNAUTHENTICATED'])
    }
    expect(await world.rows()).toEqual(world.before)
  })

  const SEEING = ['auditor', 'viewer', 'reading key of the owner'] as const

  test.each(SEEING)('%s sees it and changes nothing', async who => {
    const clients = world.clients(who)
    for (const [name, ask] of Object.entries(aimed)) {
      const { code } = await outcome(ask(clients, world.tasks.theirsInProject))
      expect([name, code]).toEqual([name, isRead(name) ? 'OK' : 'PERMISSION_DENIED'])
    }
    expect(await world.rows()).toEqual(world.before)
  })

  test('the same internal token gives an api process no more than its caller has', async () => {
    const token = await testTokens.sign(world.identities['outsider']!)
    const clients = world.clientsShowing(token)
    for (const [name, ask] of Object.entries(aimed)) {
      const { code } = await outcome(ask(clients, world.tasks.theirs))
      expect([name, code]).toEqual([name, name.includes('batchGet') ? 'OK' : 'NOT_FOUND'])
    }
    expect(await world.rows()).toEqual(world.before)
  })
})

type Clients = { today: TasksServiceClient; earlier: Earlier }

type Asking = (clients: Clients, id: string) => Promise<unknown>

const change = { title: 'Taken over', clear: [] }

/** Everything that can be done to one task. */
const aimed: Readonly<Record<string, Asking>> = {
  getById: ({ today }, id) => answerOf(done => today.getById({ id: idToBytes(id) }, done)),
  batchGet: ({ today }, id) => answerOf(done => today.batchGet({ ids: [idToBytes(id)] }, done)),
  updateById: ({ today }, id) =>
    answerOf(done => today.updateById({ id: idToBytes(id), ...change }, done)),
  'updateById of a version': ({ today }, id) =>
    answerOf(done => today.updateById({ id: idToBytes(id), ...change, expectedVersion: 1 }, done)),
  'updateById of another version': ({ today }, id) =>
    answerOf(done => today.updateById({ id: idToBytes(id), ...change, expectedVersion: 7 }, done)),
  'updateById of nothing': ({ today }, id) =>
    answerOf(done => today.updateById({ id: idToBytes(id), clear: [] }, done)),
  'updateById that reopens': ({ today }, id) =>
    answerOf(done => today.updateById({ id: idToBytes(id), completed: false, clear: [] }, done)),
  replace: ({ today }, id) =>
    answerOf(done =>
      today.replace(
        { id: idToBytes(id), title: 'Taken over', description: '', status: 0, priority: 0 },
        done,
      ),
    ),
  deleteById: ({ today }, id) => answerOf(done => today.deleteById({ id: idToBytes(id) }, done)),
  'deleteById of a version': ({ today }, id) =>
    answerOf(done => today.deleteById({ id: idToBytes(id), expectedVersion: 1 }, done)),
  'earlier getById': ({ earlier }, id) =>
    answerOf(done => earlier.getById({ id: idToBytes(id) }, done)),
  'earlier updateById': ({ earlier }, id) =>
    answerOf(done => earlier.updateById({ id: idToBytes(id), ...change }, done)),
  'earlier deleteById': ({ earlier }, id) =>
    answerOf(done => earlier.deleteById({ id: idToBytes(id) }, done)),
}

const isRead = (name: string) => /get$|getById|batchGet/i.test(name)

function expectedFor(who: string, name: string): string {
  return who.startsWith('narrow') && !isRead(name) ? 'PERMISSION_DENIED' : 'NOT_FOUND'
}

/** Everything that a client is told, but the ids that it has named itself. */
async function outcome(asked: Promise<unknown>) {
  try {
    const answer = await within(asked)
    const data = (answer as Partial<BatchGetResponse>).data
    return { code: 'OK', found: data?.length, details: '', trailers: '' }
  } catch (error) {
    const { code, details, metadata } = error as ServiceError
    const [trailers] = metadata.get('grpc-status-details-bin')
    return { code: Status[code], found: 0, details, trailers: String(trailers) }
  }
}

const titlesOf = (tasks: readonly { title: string }[]) => tasks.map(({ title }) => title)

function streamed(
  client: TasksServiceClient,
  request: Parameters<TasksServiceClient['listStream']>[0],
) {
  const { promise, resolve, reject } = Promise.withResolvers<ListStreamResponse[]>()
  const seen: ListStreamResponse[] = []
  const stream = client.listStream(request, new Metadata())
  stream.on('data', (task: ListStreamResponse) => seen.push(task))
  stream.on('error', reject)
  stream.on('end', () => resolve(seen))
  return within(promise)
}

type World = Awaited<ReturnType<typeof makeWorld>>

async function makeWorld({ database, close }: OpenedDatabase) {
  const tasks = openTestTasks(database)
  const grpc = await openTestGrpc(tasks, { admission: strictAdmission })
  const person = async (of: (given: Partial<Identity>) => Identity = aUser) => {
    const id = await insertUser(database)
    return of({ id, userId: id })
  }
  const [owner, outsider, viewer] = [await person(), await person(), await person()]
  const ofOutsider = { ...outsider, kind: 'key' as const, id: newId() }
  const identities: Record<string, Identity> = {
    outsider,
    'key of an outsider': ofOutsider,
    'narrow key of an outsider': { ...ofOutsider, id: newId(), scopes: ['tasks:read'] },
    viewer,
    auditor: await person(anAuditor),
    'reading key of the owner': { ...owner, kind: 'key', id: newId(), scopes: ['tasks:read'] },
  }
  const run = (text: string, values: string[]) =>
    database
      .on(AbortSignal.timeout(10_000))
      .run(sql => sql.unsafe<Record<string, unknown>[]>(text, values))
  const project = newId()
  await run(`insert into projects (id, name, owner_id) values ($1, 'Secret', $2)`, [
    project,
    owner.userId,
  ])
  await run(
    `insert into project_members (project_id, user_id, role) values ($1, $2, 'owner'), ($1, $3, 'viewer')
     on conflict do nothing`,
    [project, owner.userId, viewer.userId],
  )
  const call = callBy(owner)
  const theirs = await tasks.create(call, { title: 'Secret one' })
  const theirsInProject = await tasks.create(call, { title: 'Secret two', project_id: project })
  const page = await tasks.list(call, { limit: 1 })
  const rows = () =>
    run(`select id, title, version, updated_at from tasks where owner_id = $1 order by id`, [
      owner.userId,
    ])
  return {
    grpc,
    identities,
    owner,
    project,
    tasks: { theirs: theirs.id, theirsInProject: theirsInProject.id },
    cursor: page.next_cursor ?? '',
    rows,
    before: await rows(),
    forget: (id: Uint8Array) =>
      run('delete from tasks where id = $1', [Buffer.from(id).toString('hex')]),
    clients: (who: string): Clients => ({
      today: grpc.client(TasksServiceClient, identities[who]),
      earlier: grpc.client(Earlier, identities[who]),
    }),
    clientsShowing: (token: string): Clients => ({
      today: grpc.client(TasksServiceClient, token),
      earlier: grpc.client(Earlier, token),
    }),
    close: async () => {
      await grpc.close()
      await close()
    },
  }
}
