// Signing in by a password, and changing it. Whether there is an account makes no difference to what
// is answered, to what is done before, nor to how long that takes.

import type { Call } from '#lib/call.ts'
import { foldEmail } from '#lib/email.ts'
import { AppError, isAppError } from '#lib/errors.ts'
import { requireReach } from '#lib/rule.ts'
import type { Entry } from '#platform/audit/record.ts'
import type { Refusals } from '#platform/audit/refusals.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { Database, Runner } from '#platform/postgres/database.ts'
import type { Account, AccountRepository } from './account-repository.ts'
import type { Attempt, Attempts } from './attempts.ts'
import { DUMMY_HASH, type Hasher, isOutdated } from './hasher.ts'
import type { Login, PasswordChange, Tokens } from './model.ts'
import { networkOf } from './network.ts'
import { requireStrong } from './password-rules.ts'
import { AUTH, LOGIN } from './policy.ts'
import type { Revocations } from './revocations.ts'
import type { Begun, Sessions } from './sessions.ts'

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  accounts: AccountRepository
  attempts: Attempts
  hasher: Hasher
  sessions: Pick<Sessions, 'begin' | 'tokensOf' | 'endAll'>
  revocations: Pick<Revocations, 'spread'>
  record(on: Runner, call: Call, entry: Entry): Promise<void>
  /** Where refusals are left, within a bound. */
  refusals: Refusals
  metrics: Metrics
}

type Tried = { call: Call; account: Account; network: string; attempt: Attempt }

export function createSignIn(needs: Needs) {
  const { database, accounts, attempts, hasher, sessions, record, refusals, metrics } = needs
  return { login, changePassword, hashPassword }

  /** @throws AppError `invalid_credentials`, `sign_in_slowed`, `sign_in_busy`. */
  async function login(call: Call, given: Login, userAgent: string | null): Promise<Tokens> {
    try {
      const tokens = await loginOnce(call, given, userAgent)
      metrics.auth.signIns.inc({ outcome: 'done' })
      return tokens
    } catch (error) {
      const outcome = error instanceof AppError ? OUTCOMES[error.code] : undefined
      metrics.auth.signIns.inc({ outcome: outcome ?? 'failed' })
      throw error
    }
  }

  async function loginOnce(call: Call, { email, password }: Login, userAgent: string | null) {
    // A flood is turned away before it costs the database anything.
    hasher.requireRoom()
    const on = database.on(call.signal)
    const typed = foldEmail(email)
    const network = networkOf(call.caller.address)
    const account = await accounts.byEmail(on, typed, network)
    const isKnown = account?.is_known ?? false
    const attempt = await attempts.begin(on, { account: typed, network, isKnown })
    const kept = account?.password_hash ?? DUMMY_HASH
    const isRight = await check(call, { password, kept, attempt })
    const begun =
      isRight && account?.is_active && account.password_hash !== null
        ? await enter({ call, account, network, attempt }, { password, userAgent })
        : undefined
    if (begun) return await sessions.tokensOf(begun)
    const refused = wrong()
    const about = { action: LOGIN, kind: 'user', id: account?.id ?? null }
    refusals.note(call, refused, { ...about, after: { email: typed } })
    throw refused
  }

  // Who was turned away in a crowd has not failed.
  async function check({ signal }: Call, { password, kept, attempt }: Checking): Promise<boolean> {
    try {
      return await hasher.verify(password, kept, signal)
    } catch (error) {
      if (isAppError(error, 'sign_in_busy'))
        await attempts.notLookedAt(database.on(signal), attempt)
      throw error
    }
  }

  type Entering = { password: string; userAgent: string | null }

  // Undefined where the account was disabled, or got another password, since it was looked at.
  async function enter(
    tried: Tried,
    { password, userAgent }: Entering,
  ): Promise<Begun | undefined> {
    const { call, account, network, attempt } = tried
    const { id, password_hash: verified } = account
    const isOld = verified !== null && isOutdated(verified)
    const passwordHash = isOld ? await hasher.hash(password, call.signal) : null
    return await database.transaction(call.signal, async tx => {
      if (!(await accounts.signedIn(tx, { id, network, verified, passwordHash }))) return undefined
      await attempts.succeeded(tx, attempt)
      const begun = await sessions.begin(tx, call, { user: account, userAgent })
      const after = { session_id: begun.sessionId }
      await record(tx, call, { action: LOGIN, kind: 'user', id, outcome: 'done', after })
      return begun
    })
  }

  /** Ends every other session. @throws AppError `invalid_credentials`, `validation_failed`. */
  async function changePassword(call: Call, given: PasswordChange): Promise<void> {
    requireReach(call.caller, AUTH.changePassword)
    hasher.requireRoom()
    const { userId, sessionId } = call.caller
    const on = database.on(call.signal)
    const network = networkOf(call.caller.address)
    const account = await accounts.byId(on, userId, network)
    if (!account) throw wrong()
    const { name, email } = account
    await requireStrong(given.new_password, {
      pointer: '/new_password',
      about: email === null ? [name] : [name, email],
    })
    // Whoever has found a device that is signed in guesses no faster.
    const attempt = await attempts.begin(on, { account: `id ${userId}`, network, isKnown: false })
    const verified = account.password_hash
    const isRight = await hasher.verify(given.current_password, verified ?? DUMMY_HASH, call.signal)
    if (!isRight || verified === null) throw refuse(call, userId)
    const to = await hasher.hash(given.new_password, call.signal)
    const ended = await database.transaction(call.signal, async tx => {
      if (!(await accounts.setPassword(tx, userId, { from: verified, to }))) return undefined
      await attempts.succeeded(tx, attempt)
      await record(tx, call, {
        action: AUTH.changePassword.action,
        kind: 'user',
        id: userId,
        outcome: 'done',
        after: { password: '[masked]' },
      })
      return await sessions.endAll(tx, userId, sessionId)
    })
    if (!ended) throw wrong()
    for (const id of ended) needs.revocations.spread('session', id)
  }

  /** What may be kept of a password that somebody else chooses for a user. */
  async function hashPassword(password: string, of: Choosing): Promise<string> {
    hasher.requireRoom()
    await requireStrong(password, of)
    return await hasher.hash(password, of.signal)
  }

  function refuse(call: Call, id: string): AppError {
    const refused = wrong()
    refusals.note(call, refused, { action: AUTH.changePassword.action, kind: 'user', id })
    return refused
  }
}

type Checking = { password: string; kept: string; attempt: Attempt }
type Choosing = { signal: AbortSignal; pointer: string; about: readonly string[] }

const OUTCOMES: Readonly<Partial<Record<AppError['code'], string>>> = {
  invalid_credentials: 'refused',
  sign_in_slowed: 'slowed',
  sign_in_busy: 'busy',
}

const wrong = () =>
  new AppError('invalid_credentials', 'The e-mail address or the password is not right.')
