import { describe, expect, test } from 'bun:test'
import { createMask, maskText } from '#lib/mask.ts'

describe('a secret is recognised by its place:', () => {
  test.each([
    ['postgres://zerg:hunter2@db:5432/zerg', 'postgres://zerg:***@db:5432/zerg'],
    ['postgresql://zerg:p:a@ss@db/zerg?x=1', 'postgresql://zerg:***@db/zerg?x=1'],
    ['redis://:hunter2@cache', 'redis://:***@cache'],
    ['to "https://a:b@c.test/x" now', 'to "https://a:***@c.test/x" now'],
    ['Authorization: Bearer abcdef.ghi-jkl', 'Authorization: Bearer ***'],
    ['authorization: basic emVyZzpodW50ZXIy', 'authorization: basic ***'],
    ['{"password":"x y\\"z"}', '{"password":"***"}'],
    ['{"db_password": "x","n":1}', '{"db_password": "***","n":1}'],
    [String.raw`{"msg":"{\"token\":\"abc\"}"}`, String.raw`{"msg":"{\"token\":\"***\"}"}`],
    ['{"cookie":"sid=1; a=b"}', '{"cookie":"***"}'],
    ['{"Set-Cookie":"sid=1"}', '{"Set-Cookie":"***"}'],
    ['/cb?access_token=abc&state=1', '/cb?access_token=***&state=1'],
    ['host=db password=hunter2 user=zerg', 'host=db password=*** user=zerg'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln end', 'jwt *** end'],
  ])('%s', (text, masked) => {
    expect(maskText(text)).toBe(masked)
  })

  test.each([
    'GET /api/v1/tasks/01900000-0000-7000-8000-000000000001',
    'postgres://db:5432/zerg',
    'postgres://zerg@db/zerg',
    'the password is wrong',
    'https://zerg.test/api?q=a@b.test',
    'a token bucket, a cookie jar',
    '{"token_count":5,"secret":null}',
  ])('but %s holds none', text => {
    expect(maskText(text)).toBe(text)
  })
})

describe('a secret that we were given is found', () => {
  const mask = createMask(['postgres://zerg:p%40ss%22word@db/zerg', 'plain-secret', undefined])

  test.each([
    ['raw', 'it was p@ss"word, he said', 'it was ***, he said'],
    ['in JSON', JSON.stringify({ note: 'p@ss"word' }), '{"note":"***"}'],
    ['in a URL', 'at p%40ss%22word end', 'at *** end'],
    ['twice', 'plain-secret plain-secret', '*** ***'],
  ])('%s', (_, text, masked) => {
    expect(mask(text)).toBe(masked)
  })

  test('but not when it is a word that could stand anywhere', () => {
    expect(createMask(['postgres://zerg:zerg@db/zerg'])('zerg serves')).toBe('zerg serves')
  })
})

// What takes a pattern long on purpose must not hold up the loop.
test('a long text is masked in no time', () => {
  const startedAtMs = performance.now()
  for (const piece of ['a:', '://', '":"', 'token=', 'eyJ', '\\"', 'bearer '])
    maskText(`password ${piece.repeat(20_000)}`)
  expect(performance.now() - startedAtMs).toBeLessThan(2_000)
})
