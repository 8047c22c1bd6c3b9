import { describe, expect, test } from 'bun:test'
import { jsonBody } from '../../../support/http.ts'
import { ID, setup, THING } from './things.ts'

describe('an answer', () => {
  test('to a read carries its version, and may be kept by nobody else', async () => {
    const { http } = setup()
    const answer = await http(THING)
    expect(answer.status).toBe(200)
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'application/json',
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      etag: '"3"',
    })
    expect(await answer.json()).toEqual({ id: ID })
  })

  test('is 304 without a body where the client has it already', async () => {
    const { http } = setup()
    const answer = await http(THING, { headers: { 'if-none-match': '"1", W/"3"' } })
    expect(answer.status).toBe(304)
    expect(answer.headers.get('etag')).toBe('"3"')
    expect(answer.headers.get('cache-control')).toBe('private, no-cache')
    expect(await answer.text()).toBe('')
  })

  test('of a page links to the next one, and its tag follows its content', async () => {
    const { http } = setup()
    const page = await http('/api/v1/things?sort=-title&cursor=old')
    expect(page.headers.get('link')).toBe(
      '</api/v1/things?sort=-title&cursor=next%2B1>; rel="next"',
    )
    const first = await http('/api/v1/things')
    expect(first.headers.get('link')).toBe('</api/v1/things?cursor=next%2B1>; rel="next"')
    const etag = page.headers.get('etag')!
    expect(etag).toStartWith('W/"')
    expect((await http('/api/v1/things', { headers: { 'if-none-match': etag } })).status).toBe(304)
  })

  test('to a creation says where', async () => {
    const { http } = setup()
    const answer = await http('/api/v1/things', { method: 'POST', ...jsonBody({ a: 'ä' }) })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('location')).toBe(THING)
    expect(answer.headers.get('etag')).toBe('"1"')
    expect(await answer.json()).toEqual({ a: 'ä' })
  })

  test('to a deletion has neither a body nor a type', async () => {
    const { http } = setup()
    const answer = await http(THING, { method: 'DELETE' })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('content-type')).toBeNull()
    expect(answer.headers.get('x-request-id')).not.toBeNull()
  })

  test('that a handler made by itself still gets our headers', async () => {
    const { http } = setup()
    const answer = await http('/api/v1/foreign', { headers: { 'x-request-id': 'abc-1' } })
    expect(answer.headers.get('x-request-id')).toBe('abc-1')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  })

  test('with a secret is for nobody to keep', async () => {
    const { http } = setup()
    const answer = await http('/api/v1/secrets', { method: 'POST' })
    expect([answer.status, answer.headers.get('location')]).toEqual([201, '/api/v1/secrets/1'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('etag')).toBeNull()
    expect(await answer.json()).toEqual({ secret: 's' })
  })

  test('with a file is 304 by its tag', async () => {
    const { http } = setup()
    const answer = await http('/api/v1/file')
    expect(answer.headers.get('content-type')).toBe('text/css')
    expect(answer.headers.get('cache-control')).toBe('public, max-age=60')
    const again = await http('/api/v1/file', { headers: { 'if-none-match': '"f"' } })
    expect(again.status).toBe(304)
  })
})

describe('a request id', () => {
  test.each(['abc', 'a.b:c~d+e/f=g@h_i-j', 'x'.repeat(128)])('%s is kept', async id => {
    const { http } = setup()
    const answer = await http(THING, { headers: { 'x-request-id': id } })
    expect(answer.headers.get('x-request-id')).toBe(id)
  })

  test.each(['', 'a b', 'x'.repeat(129), '"}{"', 'ä'])('%j is replaced', async id => {
    const { http } = setup()
    const answer = await http(THING, { headers: { 'x-request-id': id } })
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('a problem', () => {
  test('has every member of its shape', async () => {
    const { http } = setup()
    const answer = await http('/api/v1/things/7?x=1', { headers: { 'x-request-id': 'me' } })
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toEqual({
      type: '/errors/invalid_path_parameter',
      title: 'A part of the path is not valid',
      status: 400,
      detail: '`id` is not a UUID.',
      instance: '/api/v1/things/7',
      code: 'invalid_path_parameter',
      request_id: 'me',
      errors: [{ parameter: 'id', detail: '`id` is not a UUID.' }],
    })
  })

  test.each([
    ['GET', '/api/v1/nothing', '404 route_not_found'],
    ['GET', '/', '404 route_not_found'],
    ['GET', `${THING}/`, '404 route_not_found'],
    ['GET', '/api/v1/things/', '404 route_not_found'],
    ['GET', '//api/v1/things', '404 route_not_found'],
    ['GET', '/API/v1/things', '404 route_not_found'],
    ['OPTIONS', '/api/v1/nothing', '404 route_not_found'],
    ['POST', THING, '405 method_not_allowed'],
    ['DELETE', '/api/v1/things', '405 method_not_allowed'],
    ['GET', '/api/v1/things/%E0%A4%A', '400 invalid_path_parameter'],
    ['GET', '/api/v1/missing', '404 task_not_found'],
    ['GET', '/api/v1/busy', '503 database_busy'],
    ['GET', '/api/v1/broken', '500 internal'],
    ['GET', '/api/v1/breaks-at-once', '500 internal'],
    ['GET', '/api/v1/throws-text', '500 internal'],
  ])('%s %s is %s', async (method, path, expected) => {
    const { http } = setup()
    const answer = await http(path, { method })
    const { code, status } = (await answer.json()) as { code: string; status: number }
    expect(`${answer.status} ${code}`).toBe(expected)
    expect(status).toBe(answer.status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  test('of a 503 says when to come back', async () => {
    const { http } = setup()
    expect((await http('/api/v1/busy')).headers.get('retry-after')).toBe('1')
  })

  test('never tells what went wrong inside; the log does', async () => {
    const { http, lines } = setup()
    const answer = await http('/api/v1/broken')
    expect(await answer.text()).not.toContain('relation')
    const line = lines.at(-1)!
    expect(line['level']).toBe('error')
    expect(JSON.stringify(line['err'])).toContain('relation tasks does not exist')
  })
})

describe('a method', () => {
  test('that a path does not answer is told which it does', async () => {
    const { http } = setup()
    const answer = await http(THING, { method: 'POST' })
    expect(answer.headers.get('allow')).toBe('GET, HEAD, PATCH, DELETE, OPTIONS')
  })

  test('OPTIONS tells the same without an error', async () => {
    const { http } = setup()
    const answer = await http('/api/v1/things', { method: 'OPTIONS' })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS')
  })

  test('HEAD has the headers of GET', async () => {
    const { http } = setup()
    const given = { headers: { 'x-request-id': 'same' } }
    const [get, head] = [await http(THING, given), await http(THING, { method: 'HEAD', ...given })]
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers))
    expect(head.status).toBe(200)
  })
})
