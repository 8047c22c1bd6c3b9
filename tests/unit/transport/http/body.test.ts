import { describe, expect, test } from 'bun:test'
import { setup, THING } from './things.ts'

describe('a body', () => {
  const send = (init: RequestInit) => setup().http('/api/v1/things', { method: 'POST', ...init })
  const json = (
    body: string | Uint8Array<ArrayBuffer>,
    type = 'application/json',
  ): RequestInit => ({
    body,
    headers: { 'content-type': type },
  })

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset="UTF-8"',
  ])('is read when it comes as %s', async type => {
    expect((await send(json('{"a":1}', type))).status).toBe(201)
  })

  test.each([
    ['text/plain', 415],
    ['application/json; charset=latin1', 415],
    ['application/merge-patch+json', 415],
    ['application/x-www-form-urlencoded', 415],
    ['', 415],
  ])('as %j is refused with %i', async (type, status) => {
    expect((await send(json('{}', type))).status).toBe(status)
  })

  test('without any type is refused', async () => {
    const answer = await send({ body: new Uint8Array([123, 125]) })
    expect(answer.status).toBe(415)
    expect(await answer.json()).toMatchObject({
      detail: 'The request has no Content-Type; this route reads application/json.',
    })
  })

  test('that is compressed is refused', async () => {
    const init = { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }
    expect((await send({ body: '{}', ...init })).status).toBe(415)
  })

  test('may be a merge patch where a route says so', async () => {
    const { http } = setup()
    const patch = json('{"a":null}', 'application/merge-patch+json')
    const answer = await http(THING, { method: 'PATCH', ...patch })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('etag')).toBe('"4"')
  })

  test.each([
    ['{"a":', 'The JSON ends too early (line 1, column 6).'],
    ['', 'The JSON ends too early (line 1, column 1).'],
    ['{"a":1,"a":2}', 'The name "a" is given twice (line 1, column 8).'],
    [new Uint8Array([0x22, 0xff, 0x22]), 'The body is not valid UTF-8.'],
    [new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), 'The body is not valid UTF-8.'],
    [new Uint8Array([0xfe, 0xff, 0, 0x7b, 0, 0x7d]), 'The body is not valid UTF-8.'],
  ])('%p is malformed: %s', async (body, detail) => {
    const answer = await send(json(body))
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'malformed_json', detail })
  })

  test('may begin with a byte order mark', async () => {
    expect((await send(json(new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])))).status).toBe(201)
  })

  test('of the largest size is read, and of one byte more is not', async () => {
    const text = (length: number) => JSON.stringify('x'.repeat(length - 2))
    expect((await send(json(text(1_000)))).status).toBe(201)
    const answer = await send(json(text(1_001)))
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ detail: 'The body is larger than 1000B.' })
  })
})
