// Sessions: how long somebody stays signed in, and where. Refresh tokens are good for one refresh;
// one that comes again later was copied, and ends its session.

import type { Call } from '#lib/call.ts'
import type { Role } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { requireReach } from '#lib/rule.ts'
import type { Entry } from '#platform/audit/record.ts'
import type { Database, Runner, Tx } from '#platform/postgres/database.ts'
import type { Sessions as Listed, Tokens } from './model.ts'
import { invalidToken } from './jwt.ts'
import { AUTH, REFRESH } from './policy.ts'
import {
  hashOf,
  isSame,
  readToken,
  type RefreshToken,
  type RefreshTokens,
  writeToken,
} from './refresh-tokens.ts'
import type { Revocations } from './revocations.ts'
import type { Refreshing, SessionRepository } from './session-repository.ts'

export type Sessions = ReturnType<typeof createSessions>

export type Limits = {
  accessTtlMs: number
  sessionIdleMs: number
  sessionMaxMs: number
  sessionsMax: number
}

/** An access token for somebody, in a session or without one. */
export type Mint = (of: {
  userId: string
  sessionId: string | null
  roles: readonly string[]
  ttlMs: number
}) => Promise<string>

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  repository: SessionRepository
  refreshTokens: RefreshTokens
  mint: Mint
  revocations: Pick<Revocations, 'tell' | 'spread'>
  record(on: Runner, call: Call, entry: Entry): Promise<void>
  limits: Limits
  newId(): string
}

/** Who is signed in, with the token that the next refresh takes. */
export type Begun = {
  sessionId: string
  userId: string
  roles: readonly Role[]
  next: RefreshToken
}

type Outcome = Begun | { reused: string } | undefined

// A client that never got its answer asks again within this; who asks later has an old copy.
const ASK_AGAIN_S = 60

export function createSessions(needs: Needs) {
  const { database, repository, refreshTokens, revocations, record, limits, newId } = needs
  return { begin, tokensOf, refresh, logout, list, end, endOthers, endAll }

  /** Within the transaction that signs somebody in. */
  async function begin(tx: Tx, call: Call, { user, userAgent }: Beginning): Promise<Begun> {
    const sessionId = newId()
    const next = refreshTokens.make()
    await repository.insert(tx, {
      id: sessionId,
      userId: user.id,
      family: hashOf(next.family),
      member: hashOf(next.member),
      idleS: limits.sessionIdleMs / 1_000,
      lifeS: limits.sessionMaxMs / 1_000,
      address: call.caller.address,
      userAgent,
    })
    const ended = await repository.endOldest(tx, user.id, limits.sessionsMax)
    for (const id of ended) await revocations.tell(tx, 'session', id)
    return { sessionId, userId: user.id, roles: user.roles, next }
  }

  async function tokensOf({ sessionId, userId, roles, next }: Begun): Promise<Tokens> {
    const ttlMs = limits.accessTtlMs
    return {
      access_token: await needs.mint({ userId, sessionId, roles, ttlMs }),
      token_type: 'Bearer',
      expires_in: Math.ceil(ttlMs / 1_000),
      refresh_token: writeToken(next),
      session_id: sessionId,
      user_id: userId,
      roles: [...roles],
    }
  }

  /** @throws AppError `invalid_token`. */
  async function refresh(call: Call, text: string, userAgent: string | null): Promise<Tokens> {
    const token = readToken(text)
    if (!token) throw invalidToken('is no refresh token')
    const outcome = await database.transaction(call.signal, tx =>
      refreshIn(tx, { call, token, userAgent }),
    )
    if (!outcome) throw invalidToken('is good no more')
    if ('reused' in outcome) {
      revocations.spread('session', outcome.reused)
      throw invalidToken('was used before; its session has ended')
    }
    return await tokensOf(outcome)
  }

  // What it decides has to be committed, so it throws nothing.
  async function refreshIn(tx: Tx, { call, token, userAgent }: Asked): Promise<Outcome> {
    const session = await repository.lock(tx, hashOf(token.family))
    if (!session?.is_good) return undefined
    const member = hashOf(token.member)
    if (isSame(member, session.member_hash)) {
      const next = refreshTokens.successorOf(token)
      const { address } = call.caller
      const idleS = limits.sessionIdleMs / 1_000
      await repository.rotate(tx, session.id, {
        member: hashOf(next.member),
        idleS,
        address,
        userAgent,
      })
      return begunOf(session, next)
    }
    const told = askedAgain(session, token, member)
    return told ? begunOf(session, told) : await endReused(tx, call, session)
  }

  // The successor was handed out a moment ago and has not been used: it is handed out once more.
  function askedAgain(session: Refreshing, token: RefreshToken, member: Buffer) {
    if (!isSame(member, session.previous_hash) || session.age_s > ASK_AGAIN_S) return undefined
    return refreshTokens.successorWith(token, session.member_hash)
  }

  async function endReused(tx: Tx, call: Call, { id, user_id: userId }: Refreshing) {
    await repository.end(tx, userId, id)
    await revocations.tell(tx, 'session', id)
    await record(tx, call, {
      action: REFRESH,
      kind: 'session',
      id,
      outcome: 'refused',
      before: { user_id: userId },
      reason: 'a refresh token came a second time, so the session was ended',
    })
    return { reused: id }
  }

  /** Ends the session that asks; a token that belongs to none has nothing to end. */
  async function logout(call: Call): Promise<void> {
    requireReach(call.caller, AUTH.logout)
    const { sessionId } = call.caller
    if (sessionId !== null) await endOne(call, sessionId, AUTH.logout.action)
  }

  async function list(call: Call): Promise<Listed> {
    requireReach(call.caller, AUTH.listSessions)
    const { userId, sessionId } = call.caller
    const sessions = await repository.list(database.on(call.signal), userId)
    return { data: sessions.map(session => ({ ...session, is_current: session.id === sessionId })) }
  }

  /** @throws AppError `session_not_found`. */
  async function end(call: Call, id: string): Promise<void> {
    requireReach(call.caller, AUTH.endSession)
    if (await endOne(call, id, AUTH.endSession.action)) return
    throw new AppError('session_not_found', 'You have no session with this id.')
  }

  /** Every session of the caller but the one that asks. */
  async function endOthers(call: Call): Promise<void> {
    requireReach(call.caller, AUTH.endSession)
    const { userId, sessionId } = call.caller
    const ended = await database.transaction(call.signal, async tx => {
      const ended = await endAll(tx, userId, sessionId)
      const { action } = AUTH.endSession
      for (const id of ended)
        await record(tx, call, { action, kind: 'session', id, outcome: 'done' })
      return ended
    })
    for (const id of ended) revocations.spread('session', id)
  }

  /** Within a transaction that has a reason to. Returns the ids of what was ended. */
  async function endAll(tx: Tx, userId: string, keptId: string | null): Promise<string[]> {
    const ended = await repository.endAll(tx, userId, keptId)
    for (const id of ended) await revocations.tell(tx, 'session', id)
    return ended
  }

  async function endOne(call: Call, id: string, action: string): Promise<boolean> {
    const isEnded = await database.transaction(call.signal, async tx => {
      if (!(await repository.end(tx, call.caller.userId, id))) return false
      await revocations.tell(tx, 'session', id)
      await record(tx, call, { action, kind: 'session', id, outcome: 'done' })
      return true
    })
    if (isEnded) revocations.spread('session', id)
    return isEnded
  }
}

type Beginning = { user: { id: string; roles: readonly Role[] }; userAgent: string | null }
type Asked = { call: Call; token: RefreshToken; userAgent: string | null }

const begunOf = ({ id, user_id, roles }: Refreshing, next: RefreshToken): Begun => ({
  sessionId: id,
  userId: user_id,
  roles,
  next,
})
