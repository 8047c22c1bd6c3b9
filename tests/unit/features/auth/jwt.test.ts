import { describe, expect, test } from 'bun:test'
import { takeApart } from '#features/auth/jwt.ts'

const encoded = (text: string) => Buffer.from(text).toString('base64url')

describe('a token is taken apart', () => {
  test('into what it says, of which nothing is believed yet', () => {
    const token = `${encoded('{"alg":"EdDSA","kid":"k"}')}.${encoded('{"sub":"ä"}')}.AAAA`
    expect(takeApart(token)).toEqual({ header: { alg: 'EdDSA', kid: 'k' }, claims: { sub: 'ä' } })
  })

  test.each([
    ['a part too few', `${encoded('{}')}.AAAA`],
    ['a part too many', `${encoded('{}')}.${encoded('{}')}.AAAA.AAAA`],
    ['padding', `${encoded('{}')}.${encoded('{}')}.AA==`],
    ['another alphabet', `${encoded('{}')}.${encoded('{}')}.+/+/`],
    ['letters that stand for nothing', `${encoded('{}')}.${encoded('{}')}.AB`],
    ['a line end', `${encoded('{}')}.${encoded('{}')}.AAAA\n`],
    ['a list', `${encoded('[]')}.${encoded('{}')}.AAAA`],
    ['a name twice', `${encoded('{"a":1,"a":2}')}.${encoded('{}')}.AAAA`],
    ['a prototype for a name, twice', `${encoded('{"__proto__":1,"__proto__":2}')}.e30.AAAA`],
    ['depth', `${encoded('{}')}.${encoded(`${'{"a":'.repeat(100)}1${'}'.repeat(100)}`)}.AAAA`],
    ['more than 8 KB', `${encoded('{}')}.${'A'.repeat(8_192)}.AAAA`],
  ])('and refused for %s', (_, token) => {
    expect(() => takeApart(token)).toThrow(expect.objectContaining({ code: 'invalid_token' }))
  })
})
