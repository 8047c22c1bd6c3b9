// From a token to who shows it. What was looked up is kept for as long as the token is good, so that
// most requests are let in at once; word of a revocation ends that, and so does not hearing any.

import { LRUCache } from 'lru-cache'
import type { Authenticate, Identity } from '#lib/caller.ts'
import type { Clock } from '#lib/clock.ts'
import { expiredToken, invalidToken, takeApart, type Unverified } from './jwt.ts'
import type { Revocations } from './revocations.ts'

/** Somebody who issues tokens: this installation, or the company's identity provider. */
export type Issuer = {
  /** What `iss` says. */
  issuer: string
  /** @throws AppError `invalid_token`, `token_expired`, or why it could not be found out. */
  identify(token: string, given: Unverified, signal: AbortSignal): Promise<Identified>
}

export type Identified = {
  identity: Identity
  expiresAtMs: number
  /** Looks up once more whether it still holds. */
  again(signal: AbortSignal): Promise<Identity>
}

type Needs = {
  issuers: readonly Issuer[]
  revocations: Pick<Revocations, 'onRevoked' | 'isFollowing' | 'told'>
  clock: Clock
}

const KNOWN_MAX = 10_000

export function createAuthenticator({ issuers, revocations, clock }: Needs) {
  const known = new LRUCache<string, Identified>({ max: KNOWN_MAX })
  revocations.onRevoked('session', id => forget(({ sessionId }) => sessionId === id))
  // A token that a key has minted ends with the key.
  revocations.onRevoked('key', id => forget(identity => identity.id === id))
  revocations.onRevoked('user', id => forget(({ userId }) => userId === id))

  return { authenticate, known: () => known.size }

  /** @throws AppError `invalid_token`, `token_expired`, or why it could not be found out. */
  function authenticate(...[token, { signal }]: Parameters<Authenticate>) {
    const found = known.get(token)
    if (!found) return lookUp(token, async () => await identify(token, signal))
    if (found.expiresAtMs <= clock.nowMs()) {
      known.delete(token)
      throw expiredToken()
    }
    if (revocations.isFollowing()) return found.identity
    return lookUp(token, async () => ({ ...found, identity: await found.again(signal) }))
  }

  async function lookUp(token: string, work: () => Promise<Identified>): Promise<Identity> {
    const before = revocations.told()
    const found = await work().catch((error: unknown) => {
      known.delete(token)
      throw error
    })
    // Word that came meanwhile may have been about this very one.
    if (before === revocations.told()) known.set(token, found)
    return found.identity
  }

  async function identify(token: string, signal: AbortSignal): Promise<Identified> {
    const given = takeApart(token)
    const { iss } = given.claims
    // Whoever it says made it is asked whether they did.
    const issuer = issuers.find(({ issuer }) => issuer === iss)
    if (!issuer) throw invalidToken('is of an issuer that is not accepted')
    return await issuer.identify(token, given, signal)
  }

  function forget(isMeant: (identity: Identity) => boolean): void {
    for (const [token, { identity }] of known.entries()) if (isMeant(identity)) known.delete(token)
  }
}
