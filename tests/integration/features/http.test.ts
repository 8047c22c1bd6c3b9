// Tasks and projects as a client of the API meets them, on a real database.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { BUILT_IN_USER_ID } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import { openProjects, projectRoutes } from '#features/projects/index.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import { openProjectTasks, taskRoutes } from '#features/tasks/index.ts'
import type { Task } from '#features/tasks/model.ts'
import { type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { httpOver } from '../../support/http.ts'
import { openTestTasks } from '../../support/tasks.ts'

let opened: OpenedDatabase
let http: ReturnType<typeof httpOver>
beforeAll(async () => {
  opened = await openPostgres()
  const { database } = opened
  const tasks = openTestTasks(database)
  const projects = openProjects({
    database,
    tasks: openProjectTasks(),
    once: createOnce({ database }),
  })
  http = httpOver([taskRoutes({ tasks, projects }), projectRoutes({ projects })])
}, 60_000)
afterAll(async () => await opened?.close())

const TASKS = '/api/v1/tasks'
const PROJECTS = '/api/v1/projects'

describe('a task', () => {
  test('is created with its place and its tag, and read with the same', async () => {
    const created = await send(`POST ${TASKS}`, { title: 'New' })
    expect(created.status).toBe(201)
    expect(created.headers.get('location')).toBe(`${TASKS}/${created.body.id}`)
    expect(created.headers.get('etag')).toBe('"1"')

    const read = await send(`GET ${created.headers.get('location')}`)
    expect(read.body).toEqual(created.body)
    expect(read.headers.get('etag')).toBe('"1"')
    expect(read.headers.get('cache-control')).toBe('private, no-cache')
  })

  test('that the client has already is not sent again', async () => {
    const { id } = await createTask()
    for (const tags of ['"1"', 'W/"1"', '"9", "1"', '*']) {
      const read = await send(`GET ${TASKS}/${id}`, undefined, { 'if-none-match': tags })
      expect([read.status, read.text]).toEqual([304, ''])
    }
    await send(`PATCH ${TASKS}/${id}`, { title: 'Changed' })
    const read = await send(`GET ${TASKS}/${id}`, undefined, { 'if-none-match': '"1"' })
    expect([read.status, read.headers.get('etag')]).toEqual([200, '"2"'])
  })

  test('takes a change in either content type', async () => {
    const { id } = await createTask()
    for (const type of ['application/json', 'application/merge-patch+json']) {
      const changed = await send(`PATCH ${TASKS}/${id}`, { title: type }, { 'content-type': type })
      expect([changed.status, changed.body.title]).toEqual([200, type])
    }
  })

  type Meant = [tag: string | undefined, version: number | undefined, status: number]
  test.each<[string, Meant]>([
    ['the present tag', ['"1"', undefined, 200]],
    ['any version', ['*', undefined, 200]],
    ['a list with the present one', ['"7", "1"', undefined, 200]],
    ['the version in the body', [undefined, 1, 200]],
    ['an older tag', ['"7"', undefined, 412]],
    ['a list without the present one', ['"7", "8"', undefined, 412]],
    ['a weak tag', ['W/"1"', undefined, 412]],
    ['a tag of somebody else’s making', ['"abc"', undefined, 412]],
    ['a tag beyond every version', ['"999999999999999"', undefined, 412]],
    ['an older version in the body', [undefined, 7, 412]],
    ['a tag and a version that contradict each other', ['"1"', 2, 412]],
    ['something that is no tag', ['1', undefined, 400]],
  ])('is changed, or not, as %s says', async (_, [tag, version, status]) => {
    const headers = tag === undefined ? {} : { 'if-match': tag }
    const body = version === undefined ? {} : { version }
    const { id } = await createTask()
    const patched = await send(`PATCH ${TASKS}/${id}`, { ...body, title: 'P' }, headers)
    expect(patched.status).toBe(status)
    const other = await createTask()
    const put = await send(`PUT ${TASKS}/${other.id}`, { ...body, title: 'P' }, headers)
    expect(put.status).toBe(status)
    const removed = await send(`DELETE ${TASKS}/${(await createTask()).id}`, undefined, headers)
    if (tag !== undefined && version === undefined)
      expect(removed.status).toBe(status === 200 ? 204 : status)
  })

  test('is not changed where every problem of the body is told', async () => {
    const { id } = await createTask()
    const body = { title: '', staus: 'done', priority: 'huge', completed: true }
    const { status, body: problem } = await send(`PATCH ${TASKS}/${id}`, body)
    expect(status).toBe(422)
    expect(problem).toMatchObject({ code: 'validation_failed', type: '/errors/validation_failed' })
    expect(problem.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '/completed',
      '/priority',
      '/staus',
      '/title',
    ])
    expect((await send(`GET ${TASKS}/${id}`)).body.version).toBe(1)
  })

  test('is deleted once', async () => {
    const { id } = await createTask()
    expect(await send(`DELETE ${TASKS}/${id}`)).toMatchObject({ status: 204, text: '' })
    expect(await send(`DELETE ${TASKS}/${id}`)).toMatchObject({ status: 404 })
    expect((await send(`GET ${TASKS}/${id}`)).body.code).toBe('task_not_found')
  })
})

describe('a list', () => {
  test('is followed by its Link headers to the end, each task once', async () => {
    const { id } = await createProject()
    const made = new Set<string>()
    for (let n = 0; n < 7; n++) made.add((await createTask({ project_id: id })).id)
    const seen: string[] = []
    let path: string | undefined = `${PROJECTS}/${id}/tasks?limit=3&sort=created_at`
    while (path !== undefined) {
      const page = await send(`GET ${path}`)
      seen.push(...page.body.data.map((task: Task) => task.id))
      path = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]
      expect(path === undefined).toBe(page.body.next_cursor === null)
    }
    expect(seen).toEqual([...made])
  })

  test('that the client has already is not sent again', async () => {
    const { id } = await createProject()
    await createTask({ project_id: id })
    const path = `${PROJECTS}/${id}/tasks`
    const { headers } = await send(`GET ${path}`)
    const tag = headers.get('etag') ?? ''
    expect((await send(`GET ${path}`, undefined, { 'if-none-match': tag })).status).toBe(304)
    await createTask({ project_id: id })
    expect((await send(`GET ${path}`, undefined, { 'if-none-match': tag })).status).toBe(200)
  })

  test('of a project that does not exist is not empty but missing', async () => {
    const { status, body } = await send(`GET ${PROJECTS}/${newId()}/tasks`)
    expect([status, body.code]).toEqual([404, 'project_not_found'])
    const { id } = await createProject()
    expect((await send(`GET ${PROJECTS}/${id}/tasks`)).body.data).toEqual([])
  })

  test.each([
    ['a parameter of no list', 'page=2', ['page']],
    ['a limit of nought', 'limit=0', ['limit']],
    ['a limit above 200', 'limit=201', ['limit']],
    ['an order of another list', 'sort=name', ['sort']],
    ['a status that there is none of', 'status=open', ['status']],
    ['a condition given twice', 'status=todo&status=done', ['status']],
    ['an order for a search', 'q=x&sort=created_at', ['sort']],
    ['several at once', 'limit=x&completed=yes&owner_id=me', ['limit', 'completed', 'owner_id']],
  ])('refuses %s, by name', async (_, query, names) => {
    const { status, body } = await send(`GET ${TASKS}?${query}`)
    expect([status, body.code]).toEqual([400, 'invalid_query'])
    expect(body.errors.map(({ parameter }: { parameter: string }) => parameter)).toEqual(names)
  })

  test('refuses a cursor that it did not make', async () => {
    for (const cursor of ['x', '%00', 'WzFd', 'null', '%F0%9F%98%80', 'A'.repeat(999)]) {
      const { status, body } = await send(`GET ${TASKS}?cursor=${cursor}`)
      expect(status).toBe(400)
      expect(['invalid_cursor', 'invalid_query']).toContain(body.code)
    }
  })
})

describe('a project', () => {
  test('with tasks is deleted only with a word about them', async () => {
    const { id } = await createProject()
    const task = await createTask({ project_id: id })
    const refused = await send(`DELETE ${PROJECTS}/${id}`)
    expect([refused.status, refused.body.code]).toEqual([409, 'project_not_empty'])
    expect((await send(`DELETE ${PROJECTS}/${id}?tasks=keep`)).status).toBe(400)
    expect((await send(`DELETE ${PROJECTS}/${id}?tasks=detach`)).status).toBe(204)
    expect((await send(`GET ${TASKS}/${task.id}`)).body.project_id).toBeNull()
  })

  test('of a name that is taken is not made', async () => {
    const { name } = await createProject()
    const { status, body } = await send(`POST ${PROJECTS}`, { name })
    expect([status, body.code]).toEqual([409, 'project_name_taken'])
  })

  test('has members, the last owner among them', async () => {
    const { id } = await createProject()
    const owner = `${PROJECTS}/${id}/members/${BUILT_IN_USER_ID}`
    expect((await send(`GET ${owner}`)).body).toMatchObject({ role: 'owner' })
    expect((await send(`PUT ${owner}`, { role: 'viewer' })).body.code).toBe('last_owner')
    expect((await send(`DELETE ${owner}`)).body.code).toBe('last_owner')
    const nobody = `${PROJECTS}/${id}/members/${newId()}`
    expect((await send(`PUT ${nobody}`, { role: 'viewer' })).body.code).toBe('reference_not_found')
    expect((await send(`PUT ${nobody}`, { role: 'king' })).body.code).toBe('validation_failed')
    expect((await send(`GET ${nobody}`)).body.code).toBe('member_not_found')
    expect((await send(`GET ${PROJECTS}/${id}/members`)).body.data).toHaveLength(1)
  })

  test('names what it answers to', async () => {
    const { id } = await createProject()
    for (const path of [PROJECTS, `${PROJECTS}/${id}`, `${PROJECTS}/${id}/members`]) {
      const refused = await send(`PROPFIND ${path}`)
      const allowed = refused.headers.get('allow') ?? ''
      expect(refused.status).toBe(405)
      expect(allowed).toContain('GET, HEAD')
      expect((await send(`OPTIONS ${path}`)).headers.get('allow')).toBe(allowed)
    }
  })
})

describe('hostile input', () => {
  const TEXTS = [
    'a\0b',
    '\ud800',
    '\udfff\ud800',
    "'; drop table tasks; --",
    '${1}$1%s{{7*7}}',
    '\u202Egnp.exe',
    '\uFEFF\u200B\u2028',
    '<script>alert(1)</script>',
    '../../../etc/passwd',
    '\uFFFF\uFFFE',
    'Z\u0351\u036B\u0343'.repeat(60),
  ]
  const VALUES = [...TEXTS, -1, 1e308, true, [], {}, [[]], { $ne: null }, 'x'.repeat(20_000)]

  test.each([
    'title',
    'description',
    'status',
    'priority',
    'project_id',
    'assignee_id',
    'due_date',
    'version',
    'id',
    '__proto__',
    'constructor',
  ])('as a task’s %s is stored as sent or refused, and never breaks anything', async field => {
    const { id } = await createTask()
    for (const value of VALUES)
      for (const [method, path] of [
        ['POST', TASKS],
        ['PATCH', `${TASKS}/${id}`],
        ['PUT', `${TASKS}/${id}`],
      ] as const) {
        const title = field === 'title' ? '' : '"title":"x",'
        const body = `{${title}${JSON.stringify(field)}:${JSON.stringify(value)}}`
        const answer = await send(`${method} ${path}`, body)
        expect([200, 201, 412, 422]).toContain(answer.status)
        if (answer.status < 400) expect(answer.body[field]).toEqual(value)
      }
  })

  test.each(['status', 'q', 'cursor', 'sort', 'limit', 'owner_id', 'due_before', '__proto__'])(
    'as the query’s %s is answered or refused',
    async name => {
      for (const value of TEXTS) {
        const encoded = encodeURIComponent(value.toWellFormed())
        const { status } = await send(`GET ${TASKS}?${name}=${encoded}`)
        expect([200, 400]).toContain(status)
      }
      for (const raw of ['%', '%ff', '%c0%80', '%00', '+', '&&', '=', '%ed%a0%80'])
        expect([200, 400]).toContain((await send(`GET ${TASKS}?${name}=${raw}`)).status)
    },
  )

  test('as an id in a path is no id', async () => {
    for (const id of [
      '1',
      'null',
      '%00',
      "'%20or%201=1",
      newId().slice(1),
      `${newId()}0`,
      '%F0%9F',
    ])
      for (const path of [`${TASKS}/${id}`, `${PROJECTS}/${id}`, `${PROJECTS}/${id}/tasks`]) {
        const { status } = await send(`GET ${path}`)
        expect([400, 404]).toContain(status)
      }
  })

  test('as JSON of any depth is refused', async () => {
    const depth = 200_000
    for (const body of [
      '['.repeat(depth),
      `${'['.repeat(depth)}${']'.repeat(depth)}`,
      `{"title":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`,
    ]) {
      const { status } = await send(`POST ${TASKS}`, body)
      expect([400, 413, 422]).toContain(status)
    }
  })
})

type Answer = {
  status: number
  headers: Headers
  text: string
  // The tests look at what they expect; whatever else comes fails them.
  body: ReturnType<typeof JSON.parse>
}

async function send(
  request: `${string} ${string}`,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const [method = '', path = ''] = request.split(' ')
  const init: RequestInit = { method, headers }
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json', ...headers }
    init.body = typeof body === 'string' ? body : JSON.stringify(body)
  }
  const answer = await http(path, init)
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, body: text && JSON.parse(text) }
}

async function createTask(given: object = {}): Promise<Task> {
  return (await send(`POST ${TASKS}`, { title: 'A task', ...given })).body
}

async function createProject(): Promise<{ id: string; name: string }> {
  return (await send(`POST ${PROJECTS}`, { name: `Project ${newId()}` })).body
}
