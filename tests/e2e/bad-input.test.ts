// Bad input meets a clear answer, from the compiled executable and over its sockets.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { authorization } from '../../bench/lab/credentials.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { eventually } from '../support/eventually.ts'
import { createDatabase, type TestDatabase, withSql } from '../support/postgres.ts'

type Problem = {
  status: number
  code: string
  detail: string
  request_id: string
  errors: { pointer?: string; parameter?: string; detail: string }[]
}

let database: TestDatabase
let zerg: Zerg
beforeAll(async () => {
  database = await createDatabase()
  zerg = await startZerg({ env: { DATABASE_URL: database.url, ZERG_DRAIN_MAX: '200ms' } })
})
afterAll(async () => {
  await zerg.stop()
  await database.drop()
})

const json = { 'content-type': 'application/json' }

async function ask(path: string, init: RequestInit = {}) {
  const headers = { ...authorization(zerg.key), ...init.headers }
  const response = await fetch(zerg.url + path, { ...init, headers })
  const text = await response.text()
  return { response, text, problem: () => JSON.parse(text) as Problem }
}

const post = (body: string, headers: Record<string, string> = json) =>
  ask('/api/v1/tasks', { method: 'POST', headers, body })

const create = async () => JSON.parse((await post('{"title":"A task"}')).text) as { id: string }

describe('every refusal is problem+json with a code and a request id', () => {
  const long = 'x'.repeat(256)
  const cases: readonly [string, number, string, () => ReturnType<typeof ask>][] = [
    ['broken JSON', 400, 'malformed_json', () => post('{"title":')],
    ['a name given twice', 400, 'malformed_json', () => post('{"title":"a","title":"b"}')],
    ['no body', 400, 'malformed_json', () => post('')],
    [
      'another content type',
      415,
      'unsupported_media_type',
      () => post('title=a', { 'content-type': 'text/plain' }),
    ],
    ['10 MB', 413, 'payload_too_large', () => post(`{"title":"${'x'.repeat(10_000_000)}"}`)],
    ['an unknown field', 422, 'validation_failed', () => post('{"title":"a","colour":"red"}')],
    ['a title of 256 characters', 422, 'validation_failed', () => post(`{"title":"${long}"}`)],
    ['NUL', 422, 'validation_failed', () => post(String.raw`{"title":"a\u0000b"}`)],
    ['a lone surrogate', 422, 'validation_failed', () => post(String.raw`{"title":"\ud800"}`)],
    [
      'a project that is not there',
      422,
      'reference_not_found',
      () => post(`{"title":"a","project_id":"${crypto.randomUUID()}"}`),
    ],
    ['an id that is none', 400, 'invalid_path_parameter', () => ask('/api/v1/tasks/42')],
    ['an unknown id', 404, 'task_not_found', () => ask(`/api/v1/tasks/${crypto.randomUUID()}`)],
    ['an unknown path', 404, 'route_not_found', () => ask('/api/v2/tasks')],
    ['an unknown query parameter', 400, 'invalid_query', () => ask('/api/v1/tasks?stauts=done')],
    ['a bad limit', 400, 'invalid_query', () => ask('/api/v1/tasks?limit=201')],
    ['a bad cursor', 400, 'invalid_cursor', () => ask('/api/v1/tasks?cursor=abc')],
    [
      'a method that is not served',
      405,
      'method_not_allowed',
      () => ask('/api/v1/tasks', { method: 'DELETE' }),
    ],
    [
      'an unreadable deadline',
      400,
      'invalid_header',
      () => ask('/api/v1/tasks', { headers: { 'request-timeout': 'soon' } }),
    ],
  ]

  test.each(cases)('%s: %i %s', async (...[, status, code, send]) => {
    const { response, problem } = await send()
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect({ status: response.status, code: problem().code }).toEqual({ status, code })
    expect(problem().request_id).toBe(response.headers.get('x-request-id')!)
    if (status === 405) expect(response.headers.get('allow')).toContain('GET')
  })
})

test('every problem of a body is told at once, with its place', async () => {
  const { problem } = await post('{"title":"","status":"later","priority":7,"colour":"red"}')
  const places = problem().errors.map(({ pointer }) => pointer)
  expect(places.toSorted()).toEqual(['/colour', '/priority', '/status', '/title'])
})

test('255 characters fit however many bytes they take', async () => {
  const { response } = await post(JSON.stringify({ title: '😀'.repeat(255) }))
  expect(response.status).toBe(201)
})

test('of two who change the same version one wins and the other is told', async () => {
  const { id } = await create()
  const change = (title: string) =>
    ask(`/api/v1/tasks/${id}`, {
      method: 'PATCH',
      headers: { ...json, 'if-match': '"1"' },
      body: JSON.stringify({ title }),
    })
  const answers = await Promise.all([change('one'), change('other')])
  expect(answers.map(({ response }) => response.status).toSorted()).toEqual([200, 412])
})

test('a request that is sent by half is ended at its deadline', async () => {
  const slow = await startZerg({
    env: {
      DATABASE_URL: database.url,
      ZERG_REQUEST_TIMEOUT: '1s',
      ZERG_DATABASE_ACQUIRE_TIMEOUT: '500ms',
      ZERG_DRAIN_MAX: '200ms',
    },
  })
  try {
    const said = await sendByHalf(slow)
    expect(said).toMatch(/^HTTP\/1\.1 (?:408|504) /)
  } finally {
    await slow.stop()
  }
})

function sendByHalf({ url, key }: Zerg): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let said = ''
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => (said += text))
    socket.on('error', reject)
    socket.on('close', () => resolve(said))
    socket.on('end', () => socket.end())
    const head = [
      'POST /api/v1/tasks HTTP/1.1',
      'host: zerg.test',
      `authorization: Bearer ${key}`,
      'content-type: application/json',
      'content-length: 100',
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n{"title":`)
    setTimeout(() => socket.destroy(), 10_000).unref()
  })
}

test('a client that hangs up cancels its statement in PostgreSQL', async () => {
  const { id } = await create()
  await withSql(database.url, async sql => {
    let hungUp: Promise<unknown> | undefined
    await sql.begin(async tx => {
      await tx`select 1 from tasks where id = ${id} for update`
      const controller = new AbortController()
      hungUp = ask(`/api/v1/tasks/${id}`, {
        method: 'PATCH',
        headers: json,
        body: '{"title":"never"}',
        signal: controller.signal,
      }).catch(() => undefined)
      await eventually(async () => expect(await waiting()).toBe(1))
      controller.abort()
      await eventually(async () => expect(await waiting()).toBe(0), { withinMs: 2_000 })
    })
    await hungUp
  })
  const { text } = await ask(`/api/v1/tasks/${id}`)
  expect((JSON.parse(text) as { title: string }).title).toBe('A task')
})

const waiting = () =>
  withSql(database.url, async sql => {
    const [row] = await sql<[{ count: number }]>`
      select count(*)::int from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%update%'
        and pid <> pg_backend_pid()
    `
    return row.count
  })

test('a hostile label never becomes a metric of its own', async () => {
  await ask('/no/such/path/4711')
  await ask('/api/v1/tasks', { method: 'PROPFIND' })
  const metrics = await (await fetch(`${zerg.opsUrl}/metrics`)).text()
  expect(metrics).not.toContain('no/such')
  expect(metrics).not.toContain('PROPFIND')
})
