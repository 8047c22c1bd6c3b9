// Tokens for scripts: good for minutes, narrowed to scopes, and kept nowhere. One that a key minted
// ends with the key.

import type { Call } from '#lib/call.ts'
import type { Caller, Role } from '#lib/caller.ts'
import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { requireReach } from '#lib/rule.ts'
import { SCOPES, type Scope } from '#lib/scope.ts'
import type { Entry } from '#platform/audit/record.ts'
import type { Database, Runner } from '#platform/postgres/database.ts'
import { requireGrantable } from './grantable.ts'
import { TOKENS } from './policy.ts'
import type { KeyRepository } from './repository.ts'
import { type MintedToken, type NewToken, TOKEN_S } from './token-model.ts'

/** Signs a token; whoever verifies it looks up what its user, and its key, may by then. */
export type Mint = (token: {
  userId: string
  roles: readonly Role[]
  scopes: readonly Scope[]
  /** The key that it ends with. */
  keyId: string | null
  ttlMs: number
}) => Promise<string>

type Needs = {
  database: Pick<Database, 'on'>
  repository: Pick<KeyRepository, 'find' | 'rolesOf'>
  mint: Mint
  record(on: Runner, call: Call, entry: Entry): Promise<void>
  clock: Clock
}

// What a token makes would outlast it.
const NEVER: Scope = 'keys:write'

export function createTokens({ database, repository, mint, record, clock }: Needs) {
  return { create }

  /** @throws AppError `forbidden`, `reference_not_found` where there is no such active user. */
  async function create(call: Call, given: NewToken): Promise<MintedToken> {
    const { caller } = call
    const userId = whomFor(caller, given.user_id)
    const scopes = scopesOf(caller, given.scopes)
    const on = database.on(call.signal)
    const roles = await repository.rolesOf(on, userId)
    if (!roles) throw noUser()
    const keyId = caller.kind === 'key' ? caller.id : null
    const ttlMs = Math.min((given.expires_in_s ?? TOKEN_S.usual) * 1_000, await leftOf(on, keyId))
    const token = await mint({ userId, roles, scopes, keyId, ttlMs })
    const told = {
      expires_at: new Date(clock.nowMs() + ttlMs).toISOString(),
      user_id: userId,
      scopes: [...scopes],
    }
    const { action } = TOKENS.create
    await record(on, call, { action, kind: 'user', id: userId, outcome: 'done', after: told })
    const expires_in = Math.ceil(ttlMs / 1_000)
    return { access_token: token, token_type: 'Bearer', expires_in, ...told }
  }

  /** How long the key that asks is still good. */
  async function leftOf(on: Runner, keyId: string | null): Promise<number> {
    const key = keyId === null ? undefined : await repository.find(on, keyId, undefined)
    const endsAt = key?.expires_at ?? null
    const leftMs = endsAt === null ? Infinity : Date.parse(endsAt) - clock.nowMs()
    if (leftMs >= 1_000) return leftMs
    throw new AppError('token_expired', 'The API key has expired.')
  }
}

function whomFor(caller: Caller, named: string | undefined): string {
  const reach = requireReach(caller, TOKENS.create)
  const isSomebody = caller.kind === 'user' || caller.kind === 'key'
  const userId = named ?? (isSomebody ? caller.userId : undefined)
  if (userId === undefined) throw invalid('/user_id', 'is required here: say whom it is to act for')
  if (userId === caller.userId) return userId
  if (reach !== 'any')
    throw new AppError('forbidden', 'Only an administrator mints tokens for others.')
  // It would end with the key, but be no key of that user's.
  if (caller.kind === 'key')
    throw new AppError('forbidden', 'A key mints tokens for its own user only.')
  return userId
}

function scopesOf(caller: Caller, wanted: readonly Scope[] | undefined): readonly Scope[] {
  if (wanted?.includes(NEVER))
    throw invalid('/scopes', `must not have ${NEVER}: a token makes no keys`)
  const own = caller.scopes === 'all' ? SCOPES : caller.scopes
  const scopes = wanted ?? own.filter(scope => scope !== NEVER)
  if (scopes.length === 0) throw invalid('/scopes', 'is required: nothing is left for a token')
  requireGrantable(caller, { scopes, maker: undefined })
  return scopes
}

const noUser = () =>
  new AppError('reference_not_found', '`user_id` names no active user.', {
    errors: [{ pointer: '/user_id', detail: 'names no active user' }],
  })

const invalid = (pointer: string, detail: string) =>
  new AppError('validation_failed', `\`${pointer.slice(1)}\` ${detail}.`, {
    errors: [{ pointer, detail }],
  })
