// Refresh tokens: opaque, of two random halves. One names the family, which is a session; the other
// the member of it. The next member follows from the one before by a key that is not in the
// database, so that a client that was never told can ask again and is told the same.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Deriver, Secrets } from '#platform/secrets/index.ts'

export type RefreshTokens = ReturnType<typeof createRefreshTokens>

export type RefreshToken = { family: Buffer; member: Buffer }

const PREFIX = 'zerg_rt_'
const HALF_BYTES = 32
const FORM = /^zerg_rt_[\w-]{86}$/

export function createRefreshTokens(secrets: Secrets) {
  const keyOf = (deriver: Deriver) => deriver.derive('refresh-tokens', HALF_BYTES)
  const key = keyOf(secrets)
  // A member that was handed out before the master secret changed is handed out again by the one before.
  const keys = secrets.previous ? [key, keyOf(secrets.previous)] : [key]

  return {
    make: (): RefreshToken => ({
      family: randomBytes(HALF_BYTES),
      member: randomBytes(HALF_BYTES),
    }),
    successorOf: (token: RefreshToken): RefreshToken => following(token, key),
    /** The successor that was handed out, if it was one that this process can work out. */
    successorWith: (token: RefreshToken, memberHash: Uint8Array): RefreshToken | undefined =>
      keys
        .map(key => following(token, key))
        .find(({ member }) => isSame(hashOf(member), memberHash)),
  }
}

const following = ({ family, member }: RefreshToken, key: Uint8Array): RefreshToken => ({
  family,
  member: createHmac('sha256', key).update(family).update(member).digest(),
})

export const writeToken = ({ family, member }: RefreshToken): string =>
  PREFIX + Buffer.concat([family, member]).toString('base64url')

/** Undefined where the text is no refresh token. */
export function readToken(text: string): RefreshToken | undefined {
  if (!FORM.test(text)) return undefined
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url')
  return { family: bytes.subarray(0, HALF_BYTES), member: bytes.subarray(HALF_BYTES) }
}

/** What is kept of a half. So much chance needs no slow hash: there is nothing to guess. */
export const hashOf = (half: Uint8Array): Buffer => createHash('sha256').update(half).digest()

export const isSame = (a: Uint8Array, b: Uint8Array | null): boolean =>
  b !== null && a.length === b.length && timingSafeEqual(a, b)
