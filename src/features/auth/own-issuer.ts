// Access tokens of this installation. A token says who and which session, or which key has minted it;
// what they may is looked up, so that it is what they may now.

import type { Identity } from '#lib/caller.ts'
import { isId } from '#lib/id.ts'
import { isScope, type Scope } from '#lib/scope.ts'
import type { Database } from '#platform/postgres/database.ts'
import type { AccountRepository } from './account-repository.ts'
import type { Issuer } from './authenticator.ts'
import { invalidToken } from './jwt.ts'
import type { Kind, OwnTokens } from './own-tokens.ts'

/** What a key of that user's is good for at this moment; undefined where it is good for nothing. */
export type ScopesOfKey = (
  of: { id: string; userId: string },
  signal: AbortSignal,
) => Promise<readonly Scope[] | undefined>

type Needs = {
  database: Pick<Database, 'on'>
  accounts: Pick<AccountRepository, 'holderOf'>
  scopesOfKey: ScopesOfKey
  tokens: OwnTokens
  issuer: string
  audience: string
}

type Minted = {
  userId: string
  /** Null where it belongs to no session: minted for a script. */
  sessionId: string | null
  roles: readonly string[]
  /** What it is narrowed to; left out where it has all that its user has. */
  scopes?: readonly Scope[]
  /** The key that has minted it, and that it ends with. */
  keyId?: string | null
  ttlMs: number
}

export function createOwnIssuer(needs: Needs) {
  const { database, accounts, scopesOfKey, tokens, issuer, audience } = needs
  const kind: Kind = { typ: 'at+jwt', audience }
  return { issuer, identify, mint } satisfies Issuer & { mint: unknown }

  async function mint({ userId, sessionId, roles, ttlMs, scopes, keyId = null }: Minted) {
    const claims = {
      roles: [...roles],
      ...(sessionId !== null && { sid: sessionId }),
      // As RFC 8693 (section 4.2) writes it.
      ...(scopes && { scope: scopes.join(' ') }),
      ...(keyId !== null && { key: keyId }),
    }
    return await tokens.sign({ kind, subject: userId, claims, ttlMs })
  }

  async function identify(...[token, given, signal]: Parameters<Issuer['identify']>) {
    const { subject, claims, expiresAtMs } = await tokens.verify(token, given, kind)
    const { sid = null, key = null } = claims
    if (!isId(subject) || !isIdOrNull(sid) || !isIdOrNull(key)) throw incomplete()
    const whose = { userId: subject, sessionId: sid, keyId: key, scopes: scopesIn(claims['scope']) }
    const again = (signal: AbortSignal) => identityOf(whose, signal)
    return { identity: await again(signal), expiresAtMs, again }
  }

  async function identityOf(whose: Whose, signal: AbortSignal): Promise<Identity> {
    const { userId, sessionId, keyId, scopes } = whose
    const holder = await accounts.holderOf(database.on(signal), { userId, sessionId })
    const ofKey = keyId === null ? 'none' : await scopesOfKey({ id: keyId, userId }, signal)
    // One answer for a session or a key that has ended and a user who is disabled.
    if (!holder || !ofKey) throw invalidToken('is good no more')
    const { roles } = holder
    if (keyId === null || ofKey === 'none')
      return { kind: 'user', id: userId, userId, roles, scopes, sessionId }
    const both = ofKey.filter(scope => scopes === 'all' || scopes.includes(scope))
    return { kind: 'key', id: keyId, userId, roles, scopes: both, sessionId: null }
  }
}

type Whose = {
  userId: string
  sessionId: string | null
  keyId: string | null
  scopes: Identity['scopes']
}

const isIdOrNull = (value: unknown): value is string | null =>
  value === null || (typeof value === 'string' && isId(value))

// One that a later version has narrowed to what we do not know is not good for more here.
function scopesIn(claim: unknown): Identity['scopes'] {
  if (claim === undefined) return 'all'
  if (typeof claim !== 'string') throw incomplete()
  return claim.split(' ').filter(isScope)
}

const incomplete = () => invalidToken('lacks what it has to say')
