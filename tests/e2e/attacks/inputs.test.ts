// Inputs that break others: each meets a documented 4xx, or is kept and given back as the text that it is.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { startZerg, type Zerg } from '../../../bench/lab/zerg.ts'
import { createDatabase, type TestDatabase, withSql } from '../../support/postgres.ts'
import { askRaw } from '../../support/raw-http.ts'

let database: TestDatabase
let zerg: Zerg
beforeAll(async () => {
  database = await createDatabase()
  zerg = await startZerg({ env: { DATABASE_URL: database.url, ZERG_DRAIN_MAX: '200ms' } })
}, 30_000)
afterAll(async () => {
  await zerg?.stop()
  await database?.drop()
})

type Answered = { status: number; code: string | undefined; text: string; headers: Headers }

async function ask(path: string, init: RequestInit = {}): Promise<Answered> {
  const headers = { authorization: `Bearer ${zerg.key}`, ...(init.headers as object) }
  const answer = await fetch(zerg.url + path, { redirect: 'manual', ...init, headers })
  const text = await answer.text()
  const isProblem = answer.headers.get('content-type') === 'application/problem+json'
  const code = isProblem ? (JSON.parse(text) as { code: string }).code : undefined
  return { status: answer.status, code, text, headers: answer.headers }
}

const post = (body: string, path = '/api/v1/tasks') =>
  ask(path, { method: 'POST', body, headers: { 'content-type': 'application/json' } })

const create = (task: object) => post(JSON.stringify(task))

describe('SQL', () => {
  const SQL = [
    `'; drop table tasks; --`,
    `' or '1'='1`,
    `\\'; select pg_sleep(10); --`,
    `1) union select usename, passwd from pg_shadow --`,
    '$1',
    '$$; drop table tasks; $$',
    `%' and 1=(select 1) and '%'='`,
    '\u02bc or 1=1',
    '/* */ -- \\',
  ]

  test.each(SQL)('in a title and a description it is text: %s', async text => {
    const made = await create({ title: text, description: text })
    expect(made.status).toBe(201)
    expect(JSON.parse(made.text)).toMatchObject({ title: text, description: text })
  })

  test.each(SQL)('in a search it finds titles, or nothing: %s', async text => {
    const found = await ask(`/api/v1/tasks?q=${encodeURIComponent(text)}`)
    expect([200, 400]).toContain(found.status)
  })

  test.each(['sort', 'status', 'limit', 'cursor', 'project_id', 'due_before'])(
    'as %s it is refused',
    async name => {
      for (const text of SQL) {
        const answer = await ask(`/api/v1/tasks?${name}=${encodeURIComponent(text)}`)
        expect([answer.status, answer.code]).toEqual([400, expect.stringMatching(/^invalid_/)])
      }
    },
  )

  test('as an id, an ETag or a request id it does nothing', async () => {
    for (const text of SQL) {
      const path = await ask(`/api/v1/tasks/${encodeURIComponent(text)}`)
      expect([400, 404]).toContain(path.status)
    }
    for (const header of ['if-match', 'request-timeout'])
      for (const text of SQL.filter(isLatin)) {
        const id = crypto.randomUUID()
        const init = { method: 'DELETE', headers: { [header]: text } }
        expect((await ask(`/api/v1/tasks/${id}`, init)).code).toBe('invalid_header')
      }
    const answer = await ask('/api/v1/tasks', { headers: { 'x-request-id': SQL[0]! } })
    expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  })

  test('the tables are still there', async () => {
    const rows = await withSql(database.url, sql => sql`select count(*)::int from tasks`)
    expect(rows[0]!['count']).toBeGreaterThan(0)
  })
})

const isLatin = (text: string) => /^[\x20-\x7e]*$/.test(text)

describe('headers cannot be injected', () => {
  test.each(['/api/v1/tasks?cursor=a%0d%0aSet-Cookie:%20x=1', '/api/v1/tasks/%0d%0aX-Evil:%201'])(
    'by %s',
    async path => {
      const answer = await ask(path)
      expect([400, 404]).toContain(answer.status)
      expect(answer.headers.get('set-cookie') ?? answer.headers.get('x-evil')).toBeNull()
    },
  )

  test.each(['X-Request-Id: a\tb', 'X-Request-Id: a b', `X-Request-Id: ${'x'.repeat(129)}`])(
    'nor by a request id that is not well-formed: %j',
    async header => {
      const port = Number(new URL(zerg.url).port)
      const answer = await askRaw(
        port,
        `GET /health HTTP/1.1\r\nHost: zerg.test\r\n${header}\r\n\r\n`,
      )
      expect(answer.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
    },
  )

  test('nor by what is kept: a title with line ends stays in the body', async () => {
    const made = await create({ title: 'a\r\nSet-Cookie: x=1' })
    expect(made.headers.get('set-cookie')).toBeNull()
    expect((JSON.parse(made.text) as { title: string }).title).toBe('a\r\nSet-Cookie: x=1')
  })
})

describe('path tricks', () => {
  test.each([
    '/api/v1/../../etc/passwd',
    '/api/v1/tasks/..%2f..%2f..%2fetc%2fpasswd',
    '/api/v1/tasks/%2e%2e/%2e%2e/health',
    '/api/v1//tasks',
    '//evil.test/api/v1/tasks',
    '/api/v1/tasks/',
    '/api/v1/tasks;x=1',
    '/api/v1/tasks%00',
    '/api/v1/tasks/%c0%ae%c0%ae',
    '/api/v1/tasks/%ff',
    '/api/v1/tasks/%',
    '/API/V1/TASKS',
    '/docs/assets/..%2f..%2f..%2fetc%2fpasswd',
    '/docs/assets/%2e%2e%2fpackage.json',
    '/errors/__proto__',
    '/errors/constructor',
    '/errors/..%2fhealth',
  ])('%s', async path => {
    const port = Number(new URL(zerg.url).port)
    // As it stands: a client library would put it right before sending it.
    const lines = [`GET ${path} HTTP/1.1`, 'Host: zerg.test', `Authorization: Bearer ${zerg.key}`]
    const { status, body } = await askRaw(port, `${lines.join('\r\n')}\r\n\r\n`)
    expect([400, 404]).toContain(status)
    expect((JSON.parse(body) as { code: string }).code).toMatch(
      /^(?:route_not_found|error_code_not_found|invalid_path_parameter)$/,
    )
  })
})

describe('JSON', () => {
  test.each([
    ['__proto__', '{"title":"a","__proto__":{"roles":["admin"]}}', 422],
    ['constructor', '{"title":"a","constructor":{"prototype":{"x":1}}}', 422],
    ['__proto__ alone', '{"__proto__":{"title":"a"}}', 422],
    ['toString', '{"title":"a","toString":"x"}', 422],
    ['a name twice', '{"title":"a","title":"b"}', 400],
    ['a name twice, once escaped', String.raw`{"title":"a","titl\u0065":"b"}`, 400],
    ['100,000 levels of lists', '['.repeat(100_000) + ']'.repeat(100_000), 400],
    ['100,000 levels of objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 400],
    ['levels that never end', '['.repeat(500_000), 400],
    ['50,000 fields', `{${Array.from({ length: 50_000 }, (_, n) => `"f${n}":1`).join(',')}}`, 422],
    ['a number beyond every other', '{"title":"a","version":1e999}', 422],
    ['a number of 100,000 digits', `{"title":"a","version":${'9'.repeat(100_000)}}`, 422],
    ['-0', '{"title":"a","version":-0}', 422],
    ['NaN', '{"title":"a","version":NaN}', 400],
    ['hexadecimal', '{"title":"a","version":0x10}', 400],
    ['a comment', '{"title":"a"/**/}', 400],
    ['a comma at the end', '{"title":"a",}', 400],
    ['two values', '{"title":"a"}{"title":"b"}', 400],
    ['a list instead', '[{"title":"a"}]', 422],
    ['a text instead', '"title"', 422],
    ['null', 'null', 422],
    ['an object as title', '{"title":{"$ne":null}}', 422],
    ['a list as title', '{"title":["a"]}', 422],
    ['NUL', String.raw`{"title":"a\u0000b"}`, 422],
    ['half a surrogate pair', String.raw`{"title":"\udc00"}`, 422],
  ])('with %s is refused', async (_, body, status) => {
    const answer = await post(body)
    expect([answer.status, answer.code]).toEqual([
      status,
      status === 400 ? 'malformed_json' : 'validation_failed',
    ])
  })

  test('that is no UTF-8 is refused', async () => {
    const body = new Uint8Array([...new TextEncoder().encode('{"title":"'), 0xc3, 0x28, 0x22, 0x7d])
    const headers = { 'content-type': 'application/json' }
    const answer = await ask('/api/v1/tasks', { method: 'POST', body, headers })
    expect([answer.status, answer.code]).toEqual([400, 'malformed_json'])
  })

  test('never reaches a prototype', async () => {
    await post('{"title":"a","__proto__":{"polluted":true}}')
    const list = await ask('/api/v1/tasks?limit=1')
    expect(list.text).not.toContain('polluted')
  })
})

describe('text that deceives whoever reads it', () => {
  test.each([
    ['an override from right to left', 'invoice\u202efdp.exe'],
    ['isolates', '\u2066admin\u2069'],
    ['a zero-width space', 'ad\u200bmin'],
    ['a byte order mark', '\ufeffadmin'],
    ['nothing that can be seen', '\u200d\u200d'],
  ])('is no title and no name: %s', async (_, text) => {
    const answers = [
      await create({ title: text }),
      await post(JSON.stringify({ name: text }), '/api/v1/projects'),
      await post(JSON.stringify({ name: text, scopes: ['tasks:read'] }), '/api/v1/keys'),
      await post(JSON.stringify({ name: text, roles: ['user'] }), '/api/v1/users'),
    ]
    for (const { status, code } of answers)
      expect([status, code]).toEqual([422, 'validation_failed'])
  })

  test('is text like any other in what is read at length', async () => {
    const made = await create({ title: 'A', description: '\u2067עברית\u2069' })
    expect(made.status).toBe(201)
  })
})

test('none of it was an error of the server', async () => {
  const metrics = await (await fetch(`${zerg.opsUrl}/metrics`)).text()
  expect(metrics.match(/^zerg_http_requests_total\{.*status="5\d\d".*$/gm)).toBeNull()
})
