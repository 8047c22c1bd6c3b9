import { describe, expect, test } from 'bun:test'
import { answerHtml } from '#transport/http/docs/page.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { createCameByTls } from '#transport/http/scheme.ts'
import { SECURITY_HEADERS } from '#transport/http/security-headers.ts'
import { httpOver, jsonBody, pipelineOver, testRoute } from '../../../support/http.ts'
import { setup as setupThings, THING } from './things.ts'

type Ask = () => Promise<Response>

const { http } = setupThings()
const answers: readonly [string, number, Ask][] = [
  ['a resource', 200, () => http(THING)],
  ['HEAD', 200, () => http(THING, { method: 'HEAD' })],
  ['what the client has already', 304, () => http(THING, { headers: { 'if-none-match': '"3"' } })],
  ['a creation', 201, () => http('/api/v1/things', { method: 'POST', ...jsonBody({}) })],
  ['a deletion', 204, () => http(THING, { method: 'DELETE' })],
  ['OPTIONS', 204, () => http(THING, { method: 'OPTIONS' })],
  ['a file', 200, () => http('/api/v1/file')],
  ['a file that the client has', 304, () => http('/api/v1/file', ifNoneMatch('"f"'))],
  ['a response that a handler made', 200, () => http('/api/v1/foreign')],
  ['an id that is none', 400, () => http('/api/v1/things/1')],
  ['what is not there', 404, () => http('/api/v1/missing')],
  ['no route', 404, () => http('/nothing')],
  ['a method that is not served', 405, () => http(THING, { method: 'PUT' })],
  ['a refusal for now', 503, () => http('/api/v1/busy')],
  ['a defect', 500, () => http('/api/v1/broken')],
]

const ifNoneMatch = (etag: string) => ({ headers: { 'if-none-match': etag } })

describe.each(SECURITY_HEADERS.filter(({ on }) => on === 'every'))('$name', ({ name, value }) => {
  test.each(answers)('is on the answer to %s', async (...[, status, ask]) => {
    const answer = await ask()
    expect(answer.status).toBe(status)
    expect(answer.headers.get(name)).toBe(value)
  })

  test('is on a page too, in its own words where it has some', async () => {
    const given = (await page()).headers.get(name)
    if (name === 'content-security-policy') expect(given).toContain("frame-ancestors 'none'")
    else expect(given).toBe(value)
  })
})

describe.each(SECURITY_HEADERS.filter(({ on }) => on === 'page'))('$name', ({ name, value }) => {
  test('is on a page, and not on what is none', async () => {
    expect((await page()).headers.get(name)).toBe(value)
    expect((await http(THING)).headers.get(name)).toBeNull()
  })
})

describe('strict-transport-security', () => {
  const HSTS = 'strict-transport-security'
  const trusts = (trusted: string) => createCameByTls(address => address === trusted)
  const ask = async (headers: Record<string, string>, url = 'http://zerg.test/page') => {
    const pipeline = pipelineOver(pages(), { cameByTls: trusts('10.0.0.1') })
    const answer = await pipeline.handle(new Request(url, { headers }), () => '10.0.0.1')
    return answer.headers.get(HSTS)
  }

  test.each([
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-proto': 'http, HTTPS ' },
    { forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43' },
    { forwarded: 'for=192.0.2.60, for="[2001:db8::1]"; Proto="https"' },
  ])('is said where a trusted proxy has ended TLS: %o', async headers => {
    expect(await ask(headers)).toBe('max-age=31536000')
  })

  test('is said where TLS ends at us', async () => {
    expect(await ask({}, 'https://zerg.test/page')).toBe('max-age=31536000')
  })

  test.each([
    {},
    { 'x-forwarded-proto': 'http' },
    { 'x-forwarded-proto': 'https, http' },
    { 'x-forwarded-proto': 'httpsx' },
    { 'x-forwarded-proto': '' },
    { 'x-forwarded-proto': 'http', forwarded: 'proto=https' },
    { forwarded: 'for=192.0.2.60;proto=http' },
    { forwarded: 'for=192.0.2.60;proto=https, for=198.51.100.1' },
    { forwarded: 'for="a;xproto=https"' },
  ])('is not said of what came by plain HTTP: %o', async headers => {
    expect(await ask(headers)).toBeNull()
  })

  // Whoever is no proxy of ours could otherwise have a host declared TLS-only.
  test('is not said on the word of a stranger, nor where nobody is trusted', async () => {
    const request = () =>
      new Request('http://zerg.test/page', { headers: { 'x-forwarded-proto': 'https' } })
    const wary = pipelineOver(pages(), { cameByTls: trusts('10.0.0.1') })
    const plain = pipelineOver(pages())
    expect((await wary.handle(request(), () => '10.0.0.2')).headers.get(HSTS)).toBeNull()
    expect((await wary.handle(request())).headers.get(HSTS)).toBeNull()
    expect((await plain.handle(request(), () => '10.0.0.1')).headers.get(HSTS)).toBeNull()
  })
})

const pages = () =>
  createRoutes('pages', '').get(
    '/page',
    async ({ request }) => answerHtml(request, { title: 'A page', body: '<p>Hello</p>' }),
    testRoute,
  )

const page = () => httpOver(pages())('/page')
