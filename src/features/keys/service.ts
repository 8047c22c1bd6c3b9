// What may happen to an API key. A secret leaves here once, when it is made.

import type { Call } from '#lib/call.ts'
import type { Clock } from '#lib/clock.ts'
import { decodeCursor, encodeCursor } from '#lib/cursor.ts'
import { AppError, type Problem } from '#lib/errors.ts'
import { type Reach, type Rule, reachOf, requireReach } from '#lib/rule.ts'
import { hashToken, newToken, tokenPrefix } from '#lib/secret-token.ts'
import { parseTime } from '#lib/time.ts'
import type { Entry } from '#platform/audit/record.ts'
import type { Database, Runner, Tx } from '#platform/postgres/database.ts'
import { requireGrantable } from './grantable.ts'
import {
  type ApiKey,
  type ApiKeyChange,
  type ApiKeyPage,
  type ApiKeyQuery,
  LIMIT_DEFAULT,
  type NewApiKey,
  type NewSecret,
  type Rotation,
} from './model.ts'
import { KEYS } from './policy.ts'
import type { KeyRepository, Whose } from './repository.ts'

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  repository: KeyRepository
  /** Leaves its entry in the audit log, in the same transaction. */
  record(on: Runner, call: Call, entry: Entry): Promise<void>
  /** Leaves word for every instance that what was known of the key holds no more. */
  tellRevoked(on: Runner, id: string): Promise<void>
  /** The longest that two secrets of one key may work side by side; also what is usual. */
  overlapMaxMs: number
  clock: Clock
  newId(): string
}

type Change = { rule: Rule; id: string; version: number | undefined }

export function createKeys(needs: Needs) {
  const { database, repository, record, tellRevoked, clock, newId } = needs
  const overlapMaxS = Math.floor(needs.overlapMaxMs / 1_000)
  return { create, get, list, change, rotate, revoke }

  /** @throws AppError `forbidden`, `reference_not_found` where there is no such active user. */
  async function create(call: Call, given: NewApiKey): Promise<NewSecret> {
    const reach = requireReach(call.caller, KEYS.create)
    const userId = given.user_id ?? ownIdOf(call)
    if (reach !== 'any' && userId !== reach.userId)
      throw new AppError('forbidden', 'Only an administrator makes keys for others.')
    const end = requireFuture(given.expires_at ?? null)
    const secret = newToken('key')
    const key = await database.transaction(call.signal, async tx => {
      const maker = await makerOf(tx, call)
      // A key that makes another without a word about its end gives it its own.
      const expiresAt = given.expires_at === undefined ? (maker?.expires_at ?? null) : end
      requireGrantable(call.caller, { scopes: given.scopes, expiresAt, maker })
      const { name, scopes } = given
      const content = { id: newId(), user_id: userId, name, scopes, expires_at: expiresAt }
      const made = await repository.insert(tx, content, kept(secret))
      await record(tx, call, entryOf(KEYS.create, { after: made }))
      return made
    })
    return { ...key, secret }
  }

  async function get(call: Call, id: string): Promise<ApiKey> {
    const whose = whoseOf(reachOf(call.caller, KEYS.read))
    const key = whose && (await repository.find(database.on(call.signal), id, whose.those))
    if (!key) throw notFound()
    return key
  }

  async function list(call: Call, query: ApiKeyQuery): Promise<ApiKeyPage> {
    const whose = whoseOf(reachOf(call.caller, KEYS.list))
    if (!whose) return { data: [], next_cursor: null }
    const { sort: order = '-created_at', cursor, limit = LIMIT_DEFAULT, ...filter } = query
    const after = cursor === undefined ? undefined : decodeCursor(cursor, order, isMoment)
    const keys = await repository.list(database.on(call.signal), {
      filter,
      whose: whose.those,
      descending: order.startsWith('-'),
      after,
      // One more than is shown says whether there is another page.
      limit: limit + 1,
    })
    const last = keys.length > limit ? keys[limit - 1] : undefined
    return {
      data: keys.slice(0, limit),
      next_cursor: last ? encodeCursor(order, { key: last.created_at, id: last.id }) : null,
    }
  }

  async function change(call: Call, id: string, { version, ...given }: ApiKeyChange) {
    if (given.expires_at) requireFuture(given.expires_at)
    const isNothing = Object.values(given).every(value => value === undefined)
    return await changing(call, { rule: KEYS.change, id, version }, async (tx, before) => {
      requireLiving(before)
      if (isNothing) return before
      requireGrantable(call.caller, {
        scopes: given.scopes ?? [],
        ...(given.expires_at !== undefined && { expiresAt: given.expires_at }),
        maker: await makerOf(tx, call),
      })
      return await repository.update(tx, id, given)
    })
  }

  /** The secret before works for a while, so that whoever uses it can change over. */
  async function rotate(call: Call, id: string, { version, overlap_s }: Rotation) {
    const overlapS = overlap_s ?? overlapMaxS
    if (overlapS > overlapMaxS)
      throw invalid('/overlap_s', `must be at most ${overlapMaxS} here (ZERG_KEYS_OVERLAP)`)
    const secret = newToken('key')
    const key = await changing(call, { rule: KEYS.rotate, id, version }, async (tx, before) => {
      requireLiving(before)
      // A new secret must not be good for more than whoever asks for it.
      const { scopes, expires_at: expiresAt } = before
      requireGrantable(call.caller, { scopes, expiresAt, maker: await makerOf(tx, call) })
      return await repository.rotate(tx, id, { ...kept(secret), overlapS })
    })
    return { ...key, secret }
  }

  /** For good; the row stays. One that is revoked already stays as it is. */
  async function revoke(call: Call, id: string, version?: number): Promise<void> {
    await changing(call, { rule: KEYS.revoke, id, version }, async (tx, before) =>
      before.revoked_at === null ? await repository.revoke(tx, id) : before,
    )
  }

  // Changes of one key wait for each other, and every one of them is told to all instances.
  async function changing(
    call: Call,
    { rule, id, version }: Change,
    work: (tx: Tx, before: ApiKey) => Promise<ApiKey>,
  ): Promise<ApiKey> {
    const seen = whoseOf(reachOf(call.caller, KEYS.read))
    const reach = reachOf(call.caller, rule)
    if (!reach && !seen) throw notFound()
    return await database.transaction(call.signal, async tx => {
      // Who may change keys without reading them still finds their own.
      const before = await repository.lock(tx, id, (seen ?? whoseOf(reach))?.those)
      if (!before) throw notFound()
      if (!reach || (reach !== 'any' && reach.userId !== before.user_id))
        throw new AppError('forbidden', 'You may not change the keys of others.')
      if (version !== undefined && version !== before.version) throw mismatch(before, version)
      const after = await work(tx, before)
      if (after === before) return before
      await tellRevoked(tx, id)
      await record(tx, call, entryOf(rule, { before, after }))
      return after
    })
  }

  /** The key that asks, where a key asks. */
  async function makerOf(tx: Tx, { caller }: Call): Promise<ApiKey | undefined> {
    return caller.kind === 'key' ? await repository.find(tx, caller.id, undefined) : undefined
  }

  function requireFuture(time: string | null): string | null {
    if (time === null) return null
    const moment = parseTime(time) ?? time
    if (Date.parse(moment) <= clock.nowMs()) throw invalid('/expires_at', 'must be in the future')
    return moment
  }
}

const kept = (secret: string) => ({ prefix: tokenPrefix(secret), hash: hashToken(secret) })

/** `those` undefined: everybody's. The whole undefined: nobody's. */
const whoseOf = (reach: Reach | undefined): { those: Whose } | undefined =>
  reach && { those: reach === 'any' ? undefined : { userId: reach.userId } }

function ownIdOf({ caller }: Call): string {
  if (caller.kind === 'user' || caller.kind === 'key') return caller.userId
  throw invalid('/user_id', 'is required here: say whom the key is to act for')
}

function requireLiving({ revoked_at }: ApiKey): void {
  if (revoked_at === null) return
  throw new AppError('key_revoked', 'The key was revoked, which is for good; make another one.')
}

const entryOf = (
  { action }: Rule,
  { before, after }: { before?: ApiKey; after: ApiKey },
): Entry => ({
  action,
  kind: 'key',
  id: after.id,
  outcome: 'done',
  ...(before && { before: shownOf(before) }),
  after: shownOf(after),
})

// Of use alone nobody wants to read in the log of changes.
const shownOf = ({ last_used_at: _, ...key }: ApiKey) => key

const isMoment = (key: string | null) => key !== null && parseTime(key) === key

const notFound = () => new AppError('key_not_found', 'There is no API key with this id.')

const mismatch = ({ version }: ApiKey, expected: number) =>
  new AppError(
    'version_mismatch',
    `The key is at version ${version} by now; the change was meant for ${expected}.`,
  )

function invalid(pointer: string, detail: string): AppError {
  const errors: Problem[] = [{ pointer, detail }]
  return new AppError('validation_failed', `\`${pointer.slice(1)}\` ${detail}.`, { errors })
}
