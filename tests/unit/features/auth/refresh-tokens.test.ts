import { describe, expect, test } from 'bun:test'
import {
  createRefreshTokens,
  hashOf,
  isSame,
  readToken,
  writeToken,
} from '#features/auth/refresh-tokens.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'

const SECRET = 'a master secret for tests, and for nothing else'
const OTHER = 'another master secret for tests alone'

describe('a refresh token', () => {
  const tokens = createRefreshTokens(createSecrets({ secret: SECRET }))

  test('is read as it was written, and nothing else is', () => {
    const token = tokens.make()
    const text = writeToken(token)
    expect(text).toMatch(/^zerg_rt_[\w-]{86}$/)
    expect(readToken(text)).toEqual(token)
    for (const other of ['', text.slice(1), `${text}A`, text.replace('rt', 'key')])
      expect(readToken(other)).toBeUndefined()
  })

  test('has one successor, which only the master secret tells', () => {
    const token = tokens.make()
    const next = tokens.successorOf(token)
    expect(tokens.successorOf(token)).toEqual(next)
    expect(next.family).toEqual(token.family)
    expect(next.member).not.toEqual(token.member)
    const others = createRefreshTokens(createSecrets({ secret: OTHER }))
    expect(others.successorOf(token)).not.toEqual(next)
    const changed = createRefreshTokens(createSecrets({ secret: OTHER, previous: SECRET }))
    expect(changed.successorWith(token, hashOf(next.member))).toEqual(next)
    expect(changed.successorWith(token, hashOf(token.member))).toBeUndefined()
  })

  test('is compared whole', () => {
    const hash = hashOf(Buffer.from('a'))
    expect(isSame(hash, hashOf(Buffer.from('a')))).toBe(true)
    expect(isSame(hash, hashOf(Buffer.from('b')))).toBe(false)
    expect(isSame(hash, hash.subarray(1))).toBe(false)
    expect(isSame(hash, null)).toBe(false)
  })
})
