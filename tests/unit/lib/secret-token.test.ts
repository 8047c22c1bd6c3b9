import { expect, test } from 'bun:test'
import { maskText } from '#lib/mask.ts'
import {
  claimsToken,
  hashToken,
  newToken,
  TOKEN_KINDS,
  TOKEN_PATTERN,
  tokenKindOf,
  tokenPrefix,
} from '#lib/secret-token.ts'

const token = newToken('key')

test.each([
  ['nothing', ''],
  ['its prefix alone', 'zerg_key_'],
  ['one that lost its last character', token.slice(0, -1)],
  ['one that gained a character', `${token}0`],
  ['one in other capitals', token.toUpperCase()],
  ['one with spaces around it', ` ${token} `],
  ['one of a kind that does not exist', token.replace('zerg_key_', 'zerg_abc_')],
  ['one that says it is of the other kind', token.replace('zerg_key_', 'zerg_op_')],
  ['two in a row', token + token],
  ['a line end after it', `${token}\n`],
])('%s is no token', (_, text) => {
  expect(tokenKindOf(text)).toBeUndefined()
})

test('no single character of a token can be mistaken for another', () => {
  for (let at = 'zerg_key_'.length; at < token.length; at++) {
    const other = token[at] === 'A' ? 'B' : 'A'
    expect(tokenKindOf(token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined()
  }
})

test.each(TOKEN_KINDS.map(kind => [kind] as const))('a new token of kind %s is whole', kind => {
  const made = newToken(kind)
  expect(tokenKindOf(made)).toBe(kind)
  expect(made).toMatch(new RegExp(`^${TOKEN_PATTERN}$`))
  expect(claimsToken(made, kind)).toBe(true)
})

test('tokens differ from each other in all of their chance', () => {
  const tokens = Array.from({ length: 2_000 }, () => newToken('key'))
  expect(new Set(tokens).size).toBe(tokens.length)
  const letters = new Map<string, number>()
  for (const made of tokens)
    for (const letter of made.slice('zerg_key_'.length, -6))
      letters.set(letter, (letters.get(letter) ?? 0) + 1)
  // 60,000 draws of 62 letters: each about 968 times, and far from it with next to no chance.
  expect(letters.size).toBe(62)
  for (const count of letters.values()) expect(Math.abs(count - 968)).toBeLessThan(250)
})

test('what is shown of a token does not tell the rest', () => {
  expect(tokenPrefix(token)).toBe(token.slice(0, 'zerg_key_'.length + 4))
  expect(tokenPrefix(newToken('op'))).toMatch(/^zerg_op_\w{4}$/)
  expect(hashToken(token)).toHaveLength(32)
  expect(hashToken(token).equals(hashToken(newToken('key')))).toBe(false)
})

test('a token is masked wherever it stands', () => {
  for (const text of [token, `key=${token}.`, JSON.stringify({ a: [token] }), `«${token}»`])
    expect(maskText(text)).not.toContain(token.slice('zerg_key_'.length))
})
