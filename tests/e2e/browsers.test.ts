// What browsers are told by the compiled executable, on answers of every kind; which pages may read
// them; and who is told what by the operations port.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { SECURITY_HEADERS } from '#transport/http/security-headers.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'

const APP = 'https://app.example.com'
const TOKEN = 'a-token-for-operations'

let zerg: Zerg
beforeAll(async () => {
  zerg = await startZerg({
    env: {
      ZERG_EPHEMERAL: 'true',
      ZERG_DRAIN_MAX: '200ms',
      ZERG_CORS_ORIGINS: `${APP},https://*.example.org`,
      ZERG_OPS_TOKEN: TOKEN,
      // The lab itself is the proxy.
      ZERG_TRUSTED_PROXIES: '127.0.0.1',
    },
  })
}, 30_000)
afterAll(async () => await zerg?.stop())

const ask = (path: string, init: RequestInit = {}) =>
  fetch(zerg.url + path, {
    ...init,
    headers: { authorization: `Bearer ${zerg.key}`, ...(init.headers as object) },
  })

const task = (body: string) =>
  ask('/api/v1/tasks', { method: 'POST', body, headers: { 'content-type': 'application/json' } })

const known = async (path: string) => {
  const etag = (await ask(path)).headers.get('etag')!
  return await ask(path, { headers: { 'if-none-match': etag } })
}

const created = async () => ((await (await task('{"title":"A"}')).json()) as { id: string }).id

const answers: readonly [string, number, () => Promise<Response>][] = [
  ['a list', 200, () => ask('/api/v1/tasks')],
  ['a resource that the client has', 304, async () => known(`/api/v1/tasks/${await created()}`)],
  ['a creation', 201, () => task('{"title":"A"}')],
  ['a deletion', 204, async () => ask(`/api/v1/tasks/${await created()}`, { method: 'DELETE' })],
  ['HEAD', 200, () => ask('/api/v1/tasks', { method: 'HEAD' })],
  ['OPTIONS', 204, () => ask('/api/v1/tasks', { method: 'OPTIONS' })],
  ['health', 200, () => ask('/health')],
  ['a refusal', 422, () => task('{}')],
  ['a stranger', 401, () => fetch(`${zerg.url}/api/v1/tasks`)],
  ['no route', 404, () => ask('/nothing')],
  ['no method', 405, () => ask('/api/v1/tasks', { method: 'DELETE' })],
  ['a long document', 200, () => ask('/openapi.json')],
  ['the metrics', 200, () => metrics()],
]

const metrics = () =>
  fetch(`${zerg.opsUrl}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })

describe.each(SECURITY_HEADERS.filter(({ on }) => on === 'every'))('$name', ({ name, value }) => {
  test.each(answers)('is on the answer to %s', async (...[, status, send]) => {
    const answer = await send()
    await answer.body?.cancel()
    expect([answer.status, answer.headers.get(name)]).toEqual([status, value])
  })
})

describe.each(SECURITY_HEADERS.filter(({ on }) => on === 'page'))('$name', ({ name, value }) => {
  test.each(['/docs', '/docs/swagger', '/docs/redoc', '/errors', '/errors/internal'])(
    'is on the page %s',
    async path => {
      const answer = await ask(path, { headers: { accept: 'text/html' } })
      expect([answer.status, answer.headers.get(name)]).toEqual([200, value])
    },
  )
})

test('HSTS is said of what came by TLS, as the proxy says', async () => {
  const hsts = async (headers: Record<string, string>) =>
    (await ask('/health', { headers })).headers.get('strict-transport-security')
  expect(await hsts({ 'x-forwarded-proto': 'https' })).toBe('max-age=31536000')
  expect(await hsts({ forwarded: 'for=192.0.2.1;proto=https' })).toBe('max-age=31536000')
  expect(await hsts({ 'x-forwarded-proto': 'http' })).toBeNull()
  expect(await hsts({})).toBeNull()
})

describe('a page of another origin', () => {
  test.each(answers.slice(0, -1))('makes the answer to %s vary', async (...[, status, send]) => {
    const answer = await send()
    await answer.body?.cancel()
    expect([answer.status, answer.headers.get('vary')]).toEqual([
      status,
      expect.stringContaining('origin'),
    ])
  })

  test('may read answers where it is allowed, refusals too', async () => {
    for (const path of ['/api/v1/tasks', '/nothing', '/health']) {
      const answer = await ask(path, { headers: { origin: APP } })
      expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
      expect(answer.headers.get('access-control-expose-headers')).toContain('ETag')
    }
  })

  test.each([
    'https://evil.test',
    'https://app.example.com.evil.test',
    'null',
    'https://example.org',
  ])('may not where it is not: %s', async origin => {
    const answer = await ask('/api/v1/tasks', { headers: { origin } })
    expect([...answer.headers.keys()].filter(name => name.startsWith('access-'))).toEqual([])
    expect(answer.headers.get('vary')).toBe('origin')
  })

  test('is let in by a pattern', async () => {
    const origin = 'https://eu.app.example.org'
    const answer = await ask('/api/v1/tasks', { headers: { origin } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
  })

  test('asks first, without a token, and is told what it may send', async () => {
    const answer = await fetch(`${zerg.url}/api/v1/tasks`, {
      method: 'OPTIONS',
      headers: {
        origin: APP,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, OPTIONS')
    expect(answer.headers.get('access-control-allow-headers')).toMatch(
      /Authorization, Content-Type, Idempotency-Key/,
    )
    expect(answer.headers.get('access-control-max-age')).toBe('600')
  })

  test('is not let near the operations port', async () => {
    const answer = await fetch(`${zerg.opsUrl}/health`, { headers: { origin: APP } })
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('the operations port', () => {
  test('gives metrics and details to whoever shows its token', async () => {
    expect((await metrics()).status).toBe(200)
    const headers = { authorization: `Bearer ${TOKEN}` }
    const health = await fetch(`${zerg.opsUrl}/health`, { headers })
    expect(await health.json()).toHaveProperty('checks')
  })

  test('gives nothing but a word to anybody else, an administrator of the API included', async () => {
    for (const headers of [{}, { authorization: `Bearer ${zerg.key}` }]) {
      expect((await fetch(`${zerg.opsUrl}/metrics`, { headers })).status).toBe(401)
      const health = await fetch(`${zerg.opsUrl}/health`, { headers })
      expect(await health.json()).toEqual({ status: 'ok' })
    }
  })

  test('never shows its token', async () => {
    expect(zerg.output()).not.toContain(TOKEN)
    expect(await (await metrics()).text()).not.toContain(TOKEN)
  })
})
