// From the secret that somebody shows to who that is. What was looked up is kept for a while, so that
// most requests are let in without asking the database.

import { LRUCache } from 'lru-cache'
import type { Authenticate, Identity } from '#lib/caller.ts'
import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { hashToken, tokenKindOf } from '#lib/secret-token.ts'
import type { Holder } from './repository.ts'

/** Word of what is good no more, from whichever instance ended it. */
export type Revocations = {
  onRevoked(kind: 'key' | 'user', listener: (id: string) => void): void
  /** Whether word would have come: while it would not, nothing that was looked up before counts. */
  isFollowing(): boolean
}

type Needs = {
  holderOf(hash: Buffer, signal: AbortSignal): Promise<Holder | undefined>
  revocations: Revocations
  noteUse(id: string): void
  clock: Clock
}

type Known = { identity: Identity; untilMs: number }

const KNOWN_MAX = 10_000
// So long does what nobody has to tell of stay unnoticed, such as another name of a role.
const KNOWN_FOR_MS = 60_000

export function createAuthenticator({ holderOf, revocations, noteUse, clock }: Needs) {
  // By the hash of the secret: this process keeps no secrets either.
  const known = new LRUCache<string, Known>({ max: KNOWN_MAX })
  let told = 0
  revocations.onRevoked('key', id => forget(identity => identity.id === id))
  revocations.onRevoked('user', id => forget(identity => identity.userId === id))

  return { authenticate, known: () => known.size }

  /** @throws AppError `invalid_token`, `token_expired`, or why it could not be looked up. */
  function authenticate(...[token, { signal }]: Parameters<Authenticate>) {
    if (tokenKindOf(token) !== 'key') throw notWhole()
    const hash = hashToken(token)
    const found = revocations.isFollowing() ? known.get(hash.toString('latin1')) : undefined
    if (found === undefined || found.untilMs <= clock.nowMs()) return lookUp(hash, signal)
    noteUse(found.identity.id)
    return found.identity
  }

  async function lookUp(hash: Buffer, signal: AbortSignal): Promise<Identity> {
    const before = told
    const holder = await holderOf(hash, signal)
    if (!holder) throw unknown()
    const identity = identityOf(holder)
    const untilMs = goodUntilMs(holder, clock.nowMs())
    // Word that came meanwhile may have been about this very key.
    if (before === told) known.set(hash.toString('latin1'), { identity, untilMs })
    noteUse(identity.id)
    return identity
  }

  function forget(isMeant: (identity: Identity) => boolean): void {
    told++
    for (const [hash, { identity }] of known.entries()) if (isMeant(identity)) known.delete(hash)
  }
}

const identityOf = ({ id, user_id, roles, scopes }: Holder): Identity => ({
  kind: 'key',
  id,
  userId: user_id,
  roles,
  scopes,
  sessionId: null,
})

function goodUntilMs({ expires_at, overlap_until }: Holder, nowMs: number): number {
  const expiresAtMs = expires_at === null ? Infinity : Date.parse(expires_at)
  if (expiresAtMs <= nowMs) throw new AppError('token_expired', 'The API key has expired.')
  const overlapEndsMs = overlap_until === null ? Infinity : Date.parse(overlap_until)
  return Math.min(nowMs + KNOWN_FOR_MS, expiresAtMs, overlapEndsMs)
}

const notWhole = () =>
  new AppError('invalid_token', 'The API key is not whole: its checksum does not fit.')

// One answer for what never was, what was revoked and whose user is disabled.
const unknown = () => new AppError('invalid_token', 'The API key is not valid.')
