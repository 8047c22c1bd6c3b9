// Access tokens of this installation. A token says who and which session; what that person may is
// looked up, so that it is what they may now.

import type { Identity } from '#lib/caller.ts'
import { isId } from '#lib/id.ts'
import type { Database } from '#platform/postgres/database.ts'
import type { AccountRepository } from './account-repository.ts'
import type { Issuer } from './authenticator.ts'
import { invalidToken } from './jwt.ts'
import type { Kind, OwnTokens } from './own-tokens.ts'

type Needs = {
  database: Pick<Database, 'on'>
  accounts: Pick<AccountRepository, 'holderOf'>
  tokens: OwnTokens
  issuer: string
  audience: string
}

type Minted = {
  userId: string
  /** Null where it belongs to no session: minted for a script. */
  sessionId: string | null
  roles: readonly string[]
  ttlMs: number
}

export function createOwnIssuer({ database, accounts, tokens, issuer, audience }: Needs) {
  const kind: Kind = { typ: 'at+jwt', audience }
  return { issuer, identify, mint } satisfies Issuer & { mint: unknown }

  async function mint({ userId, sessionId, roles, ttlMs }: Minted): Promise<string> {
    const claims = { roles: [...roles], ...(sessionId !== null && { sid: sessionId }) }
    return await tokens.sign({ kind, subject: userId, claims, ttlMs })
  }

  async function identify(...[token, given, signal]: Parameters<Issuer['identify']>) {
    const { subject, claims, expiresAtMs } = await tokens.verify(token, given, kind)
    const { sid = null } = claims
    if (!isId(subject) || !(sid === null || (typeof sid === 'string' && isId(sid))))
      throw invalidToken('lacks what it has to say')
    const again = (signal: AbortSignal) => identityOf({ userId: subject, sessionId: sid, signal })
    return { identity: await again(signal), expiresAtMs, again }
  }

  async function identityOf({ userId, sessionId, signal }: Whose): Promise<Identity> {
    const holder = await accounts.holderOf(database.on(signal), { userId, sessionId })
    // One answer for a session that has ended and a user who is disabled.
    if (!holder) throw invalidToken('is good no more')
    return { kind: 'user', id: userId, userId, roles: holder.roles, scopes: 'all', sessionId }
  }
}

type Whose = { userId: string; sessionId: string | null; signal: AbortSignal }
