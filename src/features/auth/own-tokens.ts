// Tokens that this installation signs itself: access tokens for its users (RFC 9068), and short ones
// by which its processes tell each other on whose behalf they ask.

import { errors, jwtVerify, type JWTPayload, SignJWT } from 'jose'
import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/id.ts'
import { expiredToken, invalidToken, type Unverified } from './jwt.ts'
import type { KeyRing } from './key-ring.ts'
import { ALGORITHM } from './signing-keys.ts'

export type OwnTokens = ReturnType<typeof createOwnTokens>

type Needs = {
  ring: Pick<KeyRing, 'signer' | 'find' | 'findAnew'>
  clock: Clock
  issuer: string
}

/** What tells one kind of token from another: nobody can pass one off as the other. */
export type Kind = { typ: string; audience: string }

export type ToSign = { kind: Kind; subject: string; claims: JWTPayload; ttlMs: number }

// Clocks of instances differ a little.
const TOLERANCE_S = 5

export function createOwnTokens({ ring, clock, issuer }: Needs) {
  return { sign, verify }

  async function sign({ kind, subject, claims, ttlMs }: ToSign): Promise<string> {
    const { id, key } = ring.signer()
    const nowS = Math.floor(clock.nowMs() / 1_000)
    return await new SignJWT(claims)
      .setProtectedHeader({ alg: ALGORITHM, typ: kind.typ, kid: id })
      .setIssuer(issuer)
      .setAudience(kind.audience)
      .setSubject(subject)
      .setJti(newId())
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + Math.ceil(ttlMs / 1_000))
      .sign(key)
  }

  /** @throws AppError `invalid_token`, `token_expired`, or why the keys could not be looked at. */
  async function verify(token: string, { header }: Unverified, kind: Kind): Promise<Verified> {
    const { kid } = header
    if (typeof kid !== 'string') throw invalidToken('names no key')
    const key = ring.find(kid) ?? (await ring.findAnew(kid))
    if (!key) throw invalidToken('is signed by a key that is not known')
    const nowMs = clock.nowMs()
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      issuer,
      audience: kind.audience,
      typ: kind.typ,
      currentDate: new Date(nowMs),
      clockTolerance: TOLERANCE_S,
      requiredClaims: ['sub', 'jti', 'iat', 'exp'],
    }).catch(toTokenError)
    const { sub, exp, iat, aud } = payload
    if (typeof sub !== 'string' || typeof exp !== 'number' || aud !== kind.audience)
      throw invalidToken('lacks what it has to say')
    if (typeof iat !== 'number' || iat > nowMs / 1_000 + TOLERANCE_S)
      throw invalidToken('is from the future')
    return { subject: sub, claims: payload, expiresAtMs: exp * 1_000 }
  }
}

export type Verified = { subject: string; claims: JWTPayload; expiresAtMs: number }

/** What the library found wrong, as the one answer that strangers get. */
export function toTokenError(error: unknown): never {
  if (error instanceof errors.JWTExpired) throw expiredToken()
  if (error instanceof errors.JOSEError || error instanceof TypeError)
    throw invalidToken('is not valid', error)
  throw error
}
