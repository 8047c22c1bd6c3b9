import { describe, expect, test } from 'bun:test'
import { answerHtml } from '#transport/http/docs/page.ts'
import { ANSWER_HEADERS, REQUEST_HEADERS } from '#transport/http/docs/headers.ts'
import { ALLOWED_HEADERS, type CorsSettings, createCors } from '#transport/http/cors.ts'
import { EXPOSED_HEADERS } from '#transport/http/cors.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { httpOver, testRoute } from '../../../support/http.ts'
import { setup as setupThings, THING } from './things.ts'

const APP = 'https://app.example.com'

describe('an origin', () => {
  test.each([
    [['https://app.example.com'], 'https://app.example.com'],
    [['https://a.example', 'https://b.example:8443'], 'https://b.example:8443'],
    [['http://localhost:3000'], 'http://localhost:3000'],
    [['https://*.example.com'], 'https://app.example.com'],
    [['https://*.example.com'], 'https://a.b-c.d_e.example.com'],
    [['https://*.example.com:8443'], 'https://app.example.com:8443'],
    [['http://[::1]:3000'], 'http://[::1]:3000'],
  ])('that %j allows: %s', async (origins, origin) => {
    const answer = await ask({ origins }, { origin })
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
    expect(answer.headers.get('vary')).toBe('origin')
  })

  test.each([
    ['a host that begins with the allowed one', 'https://app.example.com.evil.test'],
    ['a host that ends with the allowed one', 'https://evilapp.example.com'],
    ['a subdomain of it', 'https://x.app.example.com'],
    ['the host above it', 'https://example.com'],
    ['another port', 'https://app.example.com:8443'],
    ['the port that goes without saying', 'https://app.example.com:443'],
    ['another scheme', 'http://app.example.com'],
    ['capital letters', 'https://APP.example.com'],
    ['a scheme in capital letters', 'HTTPS://app.example.com'],
    ['a dot behind the host', 'https://app.example.com.'],
    ['a path', 'https://app.example.com/'],
    ['a user', 'https://app.example.com@evil.test'],
    ['a user before the host', 'https://evil@app.example.com'],
    ['two origins', 'https://app.example.com https://evil.test'],
    ['two origins with a comma', 'https://app.example.com, https://app.example.com'],
    ['a query', 'https://app.example.com?'],
    ['null', 'null'],
    ['a star', '*'],
    ['nothing', ''],
  ])('that is not quite the allowed one is refused: %s', async (_, origin) => {
    await expectRefused({ origins: [APP] }, origin)
  })

  test.each([
    ['the host itself', 'https://example.com'],
    ['no dot before it', 'https://evilexample.com'],
    ['a host behind it', 'https://app.example.com.evil.test'],
    ['an empty label', 'https://.example.com'],
    ['two dots', 'https://app..example.com'],
    ['a dot behind it', 'https://app.example.com.'],
    ['another port', 'https://app.example.com:8443'],
    ['another scheme', 'http://app.example.com'],
    ['capital letters', 'https://App.example.com'],
    ['another host, and the pattern in its path', 'https://evil.test/.example.com'],
    ['another host, and the pattern in its query', 'https://evil.test?.example.com'],
    ['another host, and the pattern in its fragment', 'https://evil.test#.example.com'],
    ['another host, and the pattern behind a backslash', 'https://evil.test\\.example.com'],
    ['a user', 'https://evil.test@app.example.com'],
    ['a user with a password', 'https://a:b@app.example.com'],
    ['two origins', 'https://evil.test,https://app.example.com'],
    ['two origins with a space', 'https://evil.test https://app.example.com'],
    ['a percent sign', 'https://%00.example.com'],
    ['the pattern', 'https://*.example.com'],
    ['null', 'null'],
  ])('that does not fit a pattern is refused: %s', async (_, origin) => {
    await expectRefused({ origins: ['https://*.example.com'] }, origin)
  })

  // Were Vary missing here, a cache could keep the refusal and serve it to the page that is allowed.
  test('that is missing still leaves its mark on what caches may do', async () => {
    const answer = await ask({ origins: [APP] }, {})
    expect(answer.headers.get('vary')).toBe('origin')
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('of any page is let in by *, without credentials and for every cache', async () => {
    for (const headers of [{}, { origin: APP }, { origin: 'null' }]) {
      const answer = await ask({ origins: ['*'], credentials: true }, headers)
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
      expect(answer.headers.get('vary')).toBeNull()
    }
  })
})

describe('credentials', () => {
  test('are let in only where that is asked for, and only from an allowed origin', async () => {
    const credentials = async (on: boolean, origin: string) =>
      (await ask({ origins: [APP], credentials: on }, { origin })).headers.get(
        'access-control-allow-credentials',
      )
    expect(await credentials(false, APP)).toBeNull()
    expect(await credentials(true, APP)).toBe('true')
    expect(await credentials(true, 'https://evil.test')).toBeNull()
  })
})

describe('answers of every kind may be read by a page that is allowed', () => {
  const { http } = setupThings({ cors: createCors(settings({ origins: [APP] })) })
  test.each([
    ['GET', THING, 200],
    ['HEAD', THING, 200],
    ['DELETE', THING, 204],
    ['PUT', THING, 405],
    ['OPTIONS', THING, 204],
    ['GET', '/api/v1/file', 200],
    ['GET', '/api/v1/foreign', 200],
    ['GET', '/api/v1/missing', 404],
    ['GET', '/api/v1/broken', 500],
    ['GET', '/nothing', 404],
  ])('%s %s', async (method, path, status) => {
    const answer = await http(path, { method, headers: { origin: APP } })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
    expect(answer.headers.get('access-control-expose-headers')).toBe(EXPOSED_HEADERS.join(', '))
    expect(answer.headers.get('vary')).toBe('origin')
  })

  test('also 304', async () => {
    const answer = await http(THING, { headers: { origin: APP, 'if-none-match': '"3"' } })
    expect(answer.status).toBe(304)
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
  })

  test('and what varies by something else does so still', async () => {
    const routes = createRoutes('pages', '').get(
      '/page',
      async ({ request }) => answerHtml(request, { title: 'A', body: '', varies: 'accept' }),
      testRoute,
    )
    const pages = httpOver(routes, { cors: createCors(settings({ origins: [APP] })) })
    expect((await pages('/page')).headers.get('vary')).toBe('accept, origin')
    const open = httpOver(routes, { cors: createCors(settings({ origins: ['*'] })) })
    expect((await open('/page')).headers.get('vary')).toBe('accept')
  })
})

describe('a preflight', () => {
  const preflight = (given: Partial<CorsSettings>, more: Record<string, string> = {}) =>
    ask(
      given,
      { origin: APP, 'access-control-request-method': 'PATCH', ...more },
      { method: 'OPTIONS' },
    )

  test('is told the methods that the path serves, the headers, and for how long', async () => {
    const answer = await preflight({ origins: [APP], maxAgeMs: 90_500 })
    expect(answer.status).toBe(204)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, HEAD, PATCH, DELETE, OPTIONS',
      'access-control-allow-headers': ALLOWED_HEADERS.join(', '),
      'access-control-max-age': '90',
      vary: 'origin',
    })
  })

  test('from another origin learns nothing but what OPTIONS tells anybody', async () => {
    const answer = await preflight({ origins: [APP] }, { origin: 'https://evil.test' })
    expect(answer.status).toBe(204)
    expect(accessControlOf(answer)).toEqual([])
    expect(answer.headers.get('vary')).toBe('origin')
  })

  test('is OPTIONS like any other where it names no method', async () => {
    const answer = await ask({ origins: [APP] }, { origin: APP }, { method: 'OPTIONS' })
    expect(answer.headers.get('access-control-allow-methods')).toBeNull()
  })

  test('of a path that serves nothing fails', async () => {
    const { http } = setupThings({ cors: createCors(settings({ origins: [APP] })) })
    const headers = { origin: APP, 'access-control-request-method': 'GET' }
    const answer = await http('/nothing', { method: 'OPTIONS', headers })
    expect(answer.status).toBe(404)
  })

  // A public page must not reach an instance in a private network by way of its visitor's browser.
  test('for the private network is not granted', async () => {
    const answer = await preflight(
      { origins: [APP] },
      { 'access-control-request-private-network': 'true' },
    )
    expect(answer.headers.get('access-control-allow-private-network')).toBeNull()
  })

  test('lets in every header that the API document names, and a token', () => {
    expect(ALLOWED_HEADERS).toContain('Authorization')
    expect(ALLOWED_HEADERS).toEqual(expect.arrayContaining(Object.keys(REQUEST_HEADERS)))
  })

  test('names no header twice', () => {
    for (const names of [ALLOWED_HEADERS, EXPOSED_HEADERS])
      expect(new Set(names).size).toBe(names.length)
  })
})

test('a page may read the headers that the API document names', () => {
  const hidden = Object.keys(ANSWER_HEADERS).filter(name => !EXPOSED_HEADERS.includes(name))
  expect(hidden).toEqual(['Last-Modified', 'Cache-Control'])
  expect(EXPOSED_HEADERS).toEqual(
    expect.arrayContaining(['ETag', 'Link', 'Location', 'RateLimit', 'Retry-After']),
  )
})

test('without origins nothing is said about them', async () => {
  const answer = await ask({ origins: [] }, { origin: APP })
  expect(accessControlOf(answer)).toEqual([])
  expect(answer.headers.get('vary')).toBeNull()
})

function settings(given: Partial<CorsSettings>): CorsSettings {
  return { origins: [], credentials: false, maxAgeMs: 600_000, ...given }
}

function ask(
  given: Partial<CorsSettings>,
  headers: Record<string, string>,
  init: RequestInit = {},
) {
  return setupThings({ cors: createCors(settings(given)) }).http(THING, { ...init, headers })
}

async function expectRefused(given: Partial<CorsSettings>, origin: string) {
  const answer = await ask({ ...given, credentials: true }, { origin })
  expect(answer.status).toBe(200)
  expect(accessControlOf(answer)).toEqual([])
  expect(answer.headers.get('vary')).toBe('origin')
}

const accessControlOf = ({ headers }: Response) =>
  [...headers.keys()].filter(name => name.startsWith('access-control-'))
