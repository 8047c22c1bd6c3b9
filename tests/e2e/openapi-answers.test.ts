// What the API document says, the executable does: every operation is called, with good and with bad
// input, and each answer is one that its operation documents, in status, headers, code and shape.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Value } from '@sinclair/typebox/value'
import { authorization } from '../../bench/lab/credentials.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { listOf } from '../../cli/build/api-changes/json.ts'
import { createDatabase, type TestDatabase, withSql } from '../support/postgres.ts'
import { documentedRoutes } from '../../src/document.ts'
import { placesOf } from '#transport/http/docs/document.ts'
import { problemSchemas } from '#transport/http/docs/problem.ts'
import { errorsByStatus, type Place } from '#transport/http/docs/implied.ts'

const places = placesOf(documentedRoutes())

let database: TestDatabase
let zerg: Zerg
beforeAll(async () => {
  database = await createDatabase()
  zerg = await startZerg({
    env: { DATABASE_URL: database.url, ZERG_DRAIN_MAX: '100ms', ZERG_REGISTRATION: 'true' },
  })
}, 60_000)
afterAll(async () => {
  await zerg.stop()
  await database.drop()
}, 30_000)

const NOBODY = '01939c2e-7a61-7d3c-8f5e-000000000000'
const succeeded = new Set<string>()

test('a project, from its creation to its end', async () => {
  const name = `Report ${crypto.randomUUID()}`
  const created = await call('createProject', { body: { name } })
  const path = { id: idOf(created) }
  await call('createProject', { body: { name } }, 409)
  await call('createProject', { body: { nam: 'x' } }, 422)
  await call('getProject', { path })
  await call('getProject', { path, headers: { 'if-none-match': etagOf(created) } }, 304)
  await call('listProjects', { query: 'limit=1&sort=name' })
  await call('listProjects', { query: 'sort=colour' }, 400)

  const changed = await call('changeProject', { path, body: { status: 'archived' } })
  await call('changeProject', { path, body: {}, headers: { 'if-match': '"99"' } }, 412)
  await call('replaceProject', { path, body: { name }, headers: { 'if-match': etagOf(changed) } })
  await call('replaceProject', { path: { id: NOBODY }, body: { name } }, 404)

  await call('listMembers', { path })
  const place = { ...path, user_id: (created.body as { owner_id: string }).owner_id }
  await call('getMember', { path: place })
  await call('getMember', { path: { ...path, user_id: NOBODY } }, 404)
  await call('putMember', { path: place, body: { role: 'owner' } })
  await call('putMember', { path: place, body: { role: 'viewer' } }, 409)
  await call('deleteMember', { path: place }, 409)
  const other = { ...path, user_id: idOf(await call('createUser', { body: { name: 'Ada' } })) }
  await call('putMember', { path: other, body: { role: 'viewer' } })
  await call('deleteMember', { path: other })
  await call('deleteMember', { path: other }, 404)

  await call('createTask', { body: { title: 'Write', project_id: path.id } })
  await call('listProjectTasks', { path, query: 'limit=1' })
  await call('listProjectTasks', { path: { id: NOBODY } }, 404)
  await call('deleteProject', { path }, 409)
  await call('deleteProject', { path, query: 'tasks=burn' }, 400)
  await call('deleteProject', { path, query: 'tasks=delete' })
  await call('deleteProject', { path }, 404)
}, 30_000)

test('a task, from its creation to its end', async () => {
  const created = await call('createTask', { body: { title: 'Write' } })
  await call('createTask', { body: { title: 'Read' } })
  await call('createTask', { body: { title: '', priorty: 'high' } }, 422)
  await call('createTask', { body: { title: 'x', project_id: NOBODY } }, 422)
  await call('createTask', { text: '{"title":' }, 400)
  await call('createTask', { text: 'title=x', headers: { 'content-type': 'text/plain' } }, 415)
  await call('createTask', { body: { title: 'x', description: 'x'.repeat(2 ** 21) } }, 413)

  const path = { id: idOf(created) }
  await call('getTask', { path })
  await call('getTask', { path: { id: '42' } }, 400)
  await call('getTask', { path, headers: { 'request-timeout': 'soon' } }, 400)
  await call('getTask', { path: { id: NOBODY } }, 404)

  const page = await call('listTasks', { query: 'limit=1' })
  expect(page.headers.get('link')).toContain('rel="next"')
  await call('listTasks', { query: 'q=wri' })
  await call('listTasks', { query: 'limit=0&color=red' }, 400)
  await call('listTasks', { query: 'cursor=nonsense' }, 400)

  const patch = { 'content-type': 'application/merge-patch+json' }
  const changed = await call('changeTask', { path, body: { status: 'done' }, headers: patch })
  await call('changeTask', { path, body: { version: 1, status: 'todo' } }, 412)
  await call('replaceTask', {
    path,
    body: { title: 'W' },
    headers: { 'if-match': etagOf(changed) },
  })
  await call('deleteTask', { path, headers: { 'if-match': '"1"' } }, 412)
  await call('deleteTask', { path })
  await call('deleteTask', { path }, 404)
}, 30_000)

test('an API key, from its creation to its end', async () => {
  const name = `Key ${crypto.randomUUID()}`
  const created = await call('createApiKey', { body: { name, scopes: ['tasks:read'] } })
  const path = { id: idOf(created) }
  await call('createApiKey', { body: { name, scopes: ['everything'] } }, 422)
  await call(
    'createApiKey',
    { body: { name, scopes: [] }, headers: { 'idempotency-key': 'k' } },
    400,
  )
  await call('listApiKeys', { query: 'limit=1' })
  await call('listApiKeys', { query: 'limit=none' }, 400)
  await call('getApiKey', { path })
  await call('getApiKey', { path: { id: NOBODY } }, 404)
  const changed = await call('changeApiKey', { path, body: { name: `${name} again` } })
  await call('changeApiKey', { path, body: { version: 1, name } }, 412)
  await call('rotateApiKey', { path, body: { overlap_s: 60 } })
  await call('rotateApiKey', { path, body: { overlap_s: -1 } }, 422)
  expect(etagOf(changed)).toBe('"2"')
  await call('createToken', { body: { scopes: ['tasks:read'], expires_in_s: 60 } })
  await call('createToken', { body: { scopes: ['everything'] } }, 422)
  await call('revokeApiKey', { path })
  await call('revokeApiKey', { path: { id: NOBODY } }, 404)
}, 30_000)

const PASSWORD = 'a-harbour-with-nine-lanterns'

test('a person, from registering to the end of their last session', async () => {
  const email = `${crypto.randomUUID()}@zerg.test`
  const user = await call('registerUser', { body: { email, name: 'Ada', password: PASSWORD } })
  await call('registerUser', { body: { email, name: 'Ada', password: PASSWORD } }, 409)
  await call('registerUser', { body: { email, name: 'Ada', password: 'password1234' } }, 422)
  await call('login', { body: { email, password: 'not the one at all' } }, 401)
  const first = tokensOf(await call('login', { body: { email, password: PASSWORD } }))
  const { access, refresh } = tokensOf(
    await call('refreshSession', { body: { refresh_token: first.refresh } }),
  )
  await call('refreshSession', { body: { refresh_token: 'zerg_ref_nonsense' } }, 401)

  const me = await call('getMe', { headers: access })
  expect(idOf(me)).toBe(idOf(user))
  await call('getMe', { headers: { ...access, 'if-none-match': etagOf(me) } }, 304)
  await call('changeMe', { body: { name: 'Ada L.' }, headers: access })
  await call('createUser', { body: { name: 'Eve' }, headers: access }, 403)
  await call('rotateSigningKeys', { body: {}, headers: access }, 403)
  await withSql(database.url, sql => sql`update users set roles = '{admin}' where email = ${email}`)
  await call('changeMe', { body: { roles: ['admin'] }, headers: access }, 422)
  await call('createUser', { body: { name: 'Eve', roles: ['admin'] } }, 403)
  await call('getTask', { path: { id: NOBODY }, headers: { authorization: 'Bearer a.b.c' } }, 401)
  await call('getTask', { path: { id: NOBODY }, headers: { authorization: '' } }, 401)

  const second = tokensOf(await call('login', { body: { email, password: PASSWORD } }))
  await call('rotateSigningKeys', { body: {}, headers: second.access })
  const sessions = await call('listSessions', { headers: access })
  const { data } = sessions.body as { data: { id: string; is_current: boolean }[] }
  expect(data).toHaveLength(2)
  const other = data.find(({ is_current }) => !is_current)!
  await call('endSession', { path: { id: other.id }, headers: access })
  await call('endSession', { path: { id: NOBODY }, headers: access }, 404)
  await call('refreshSession', { body: { refresh_token: second.refresh } }, 401)
  await call('endOtherSessions', { headers: access })
  const passwords = { current_password: PASSWORD, new_password: `${PASSWORD}-again` }
  await call(
    'changePassword',
    { body: { ...passwords, current_password: 'x' }, headers: access },
    401,
  )
  await call('changePassword', { body: passwords, headers: access })
  await call('logout', { body: { refresh_token: refresh }, headers: access })
}, 60_000)

test('a user, from its creation to its end', async () => {
  const email = `${crypto.randomUUID()}@zerg.test`
  const created = await call('createUser', { body: { name: 'Grace', email } })
  const path = { id: idOf(created) }
  await call('createUser', { body: { name: 'Grace', email } }, 409)
  await call('createUser', { body: { name: '' } }, 422)
  await call('listUsers', { query: 'limit=1' })
  await call('listUsers', { query: 'limit=0' }, 400)
  await call('getUser', { path })
  await call('getUser', { path: { id: NOBODY } }, 404)
  await call('changeUser', { path, body: { is_active: false } })
  await call('changeUser', { path, body: { version: 1, name: 'G' } }, 412)
  await call('removeUser', { path })
  await call('removeUser', { path }, 404)
}, 30_000)

test('the audit log is read, an entry at a time too', async () => {
  const page = await call('listAuditEntries', { query: 'limit=1' })
  const { data } = page.body as { data: { id: string }[] }
  await call('getAuditEntry', { path: { id: data[0]!.id } })
  await call('listAuditEntries', { query: 'limit=none' }, 400)
}, 30_000)

test('what is not about tasks and projects', async () => {
  for (const id of ['getJwks', 'getHealth', 'getReadiness', 'getStartup', 'getDocument'])
    await call(id)
  await call('listErrorCodes')
  await call('getErrorCode', { path: { code: 'internal' } })
  await call('getErrorCode', { path: { code: 'nonsense' } }, 404)
}, 30_000)

test('every operation was called with success', () => {
  const missing = places.map(({ operation }) => operation.id).filter(id => !succeeded.has(id))
  expect(missing).toEqual([])
})

type Asked = {
  path?: Record<string, string>
  query?: string
  body?: unknown
  /** A body that is no JSON. */
  text?: string
  headers?: Record<string, string>
}

type Answered = { status: number; headers: Headers; body: unknown }

/** Calls the operation, and holds its answer against the document. `status`: an error that is expected. */
async function call(id: string, asked: Asked = {}, status?: number): Promise<Answered> {
  const place = places.find(({ operation }) => operation.id === id)
  if (!place) throw new Error(`There is no operation ${id}.`)
  const answered = await ask(place, asked)
  const what = `${id} ${answered.status} ${JSON.stringify(answered.body)?.slice(0, 300)}`

  expect(answered.headers.get('x-request-id'), what).not.toBeNull()
  if (status !== undefined) expect(answered.status, what).toBe(status)
  const documented = place.operation.answers[answered.status]
  if (status === undefined || documented) holdSuccess(place, answered, what)
  else if (status === 304) expect(place.operation.answers[200]?.headers).toContain('ETag')
  else holdError(place, answered, what)
  return answered
}

async function ask({ path, method }: Place, asked: Asked): Promise<Answered> {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => asked.path?.[name] ?? '')
  const text = asked.text ?? (asked.body === undefined ? null : JSON.stringify(asked.body))
  const answer = await fetch(`${zerg.url}${filled}?${asked.query ?? ''}`, {
    method: method.toUpperCase(),
    body: text,
    headers: {
      ...authorization(zerg.key),
      ...(text !== null && { 'content-type': 'application/json' }),
      ...asked.headers,
    },
  })
  const sent = await answer.text()
  const body: unknown = sent === '' ? undefined : JSON.parse(sent)
  return { status: answer.status, headers: answer.headers, body }
}

function holdSuccess({ operation }: Place, { status, headers, body }: Answered, what: string) {
  const documented = operation.answers[status]
  if (!documented) throw new Error(`This answer is not documented: ${what}`)
  succeeded.add(operation.id)
  // The last page has no `Link`.
  for (const header of documented.headers ?? [])
    if (header !== 'Link') expect(headers.get(header), `${header} of ${what}`).not.toBeNull()
  if (documented.shape) expect([...Value.Errors(documented.shape, body)], what).toEqual([])
  else expect(body, what).toBeUndefined()
}

function holdError(place: Place, { status, headers, body }: Answered, what: string) {
  expect(headers.get('content-type'), what).toBe('application/problem+json')
  expect(Object.keys(body as object).toSorted(), what).toEqual(PROBLEM_FIELDS)
  expect(errorsByStatus(place).get(status) ?? [], what).toContain(codeOf(body))
}

const PROBLEM_FIELDS = listOf(problemSchemas.Problem['required']).toSorted()

function tokensOf({ body }: Answered) {
  const { access_token, refresh_token } = body as { access_token: string; refresh_token: string }
  return { access: { authorization: `Bearer ${access_token}` }, refresh: refresh_token }
}

const idOf = ({ body }: Answered) => String((body as { id: unknown }).id)
const codeOf = (body: unknown) => (body as { code: never }).code
const etagOf = ({ headers }: Answered) => headers.get('etag') ?? ''
