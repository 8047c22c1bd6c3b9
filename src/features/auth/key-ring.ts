// The signing keys that this instance knows: one signs, several verify. A next key is published for
// a while before it signs, and the one before verifies until its last token has expired; both are
// matters of time, on which every instance agrees without a word.

import type { Call } from '#lib/call.ts'
import { NOBODY } from '#lib/caller.ts'
import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { requireReach } from '#lib/rule.ts'
import { StartFailure } from '#lib/start-failure.ts'
import { record } from '#platform/audit/record.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Database, Tx } from '#platform/postgres/database.ts'
import { AUTH } from './policy.ts'
import type { Revocations } from './revocations.ts'
import type { Sealing } from './sealing.ts'
import type { SigningKeyRepository, SigningKeyRow } from './signing-key-repository.ts'
import { type KeyPair, makeKey, openKey, readGivenKey, sealedPublic } from './signing-keys.ts'

export type KeyRing = ReturnType<typeof createKeyRing>

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  repository: SigningKeyRepository
  sealing: Sealing
  /** Text of a key from the settings; without one they are kept in the database. */
  given: string | undefined
  accessTtlMs: number
  revocations: Pick<Revocations, 'tell' | 'onRevoked'>
  clock: Clock
  log: Log
}

type Known = KeyPair & { signsFromMs: number; verifiesUntilMs: number }

export type Rotated = { id: string; signs_from: string }

/** How long others may keep what `/.well-known/jwks.json` says. */
export const JWKS_MAX_AGE_S = 300
// They know a key before it signs, even where their clocks differ a little.
const PUBLISHED_BEFORE_S = JWKS_MAX_AGE_S + 60
// Clocks of instances, and tokens on their way.
const MARGIN_S = 120
// Ids that nobody knows are no reason to ask the database more often than this within a second.
const LOOKS_MAX = 5
const RENEW_GIVEN_MS = 3_600_000

export function createKeyRing(needs: Needs) {
  const { database, repository, sealing, revocations, clock, log } = needs
  let keys: ReadonlyMap<string, Known> = new Map()
  let given: KeyPair | undefined
  let renewedAtMs = -Infinity
  let looks = { fromMs: -Infinity, count: 0 }
  let loading: Promise<void> | undefined
  const unreadable = new Set<string>()
  revocations.onRevoked('signing-keys', () => void reload().catch(lost))

  return { open, openBeside, signer, find, findAnew, jwks, rotate, refresh }

  /** Makes sure that there is a key to sign with. */
  async function open(signal: AbortSignal): Promise<void> {
    if (needs.given !== undefined) given = await readGivenKey(needs.given)
    if (given) await keepGiven(signal)
    await load(signal)
    if (!given && !current()) await makeFirst(signal)
  }

  /**
   * The same for a command beside servers, which must not make keys that they could not read.
   *
   * @throws StartFailure where it has not the secrets that they have.
   */
  async function openBeside(signal: AbortSignal): Promise<void> {
    const rows = await repository.list(database.on(signal))
    const pairs = await Promise.all(rows.map(row => openKey(sealing, row)))
    const isStranger = rows.length > 0 && pairs.every(pair => pair?.signs === undefined)
    if (needs.given === undefined && isStranger)
      throw new StartFailure('The signing keys in this database cannot be read here.', {
        fix: 'Give this command the ZERG_SECRET (and the ZERG_SIGNING_KEY, if any) of the servers, or name one of them with --url.',
      })
    await open(signal)
  }

  /** The one that signs now. */
  function signer(): { id: string; key: CryptoKey } {
    const key = given ?? current()
    if (!key?.signs) throw new AppError('internal', 'There is no key to sign tokens with.')
    return { id: key.id, key: key.signs }
  }

  function find(id: string): CryptoKey | undefined {
    const key = keys.get(id)
    if (key && key.verifiesUntilMs > clock.nowMs()) return key.verifies
    return given?.id === id ? given.verifies : undefined
  }

  /** The same, after a look at whether another instance has made it just now. */
  async function findAnew(id: string): Promise<CryptoKey | undefined> {
    const known = find(id)
    if (known || !mayLook()) return known
    await reload()
    return find(id)
  }

  function jwks() {
    const nowMs = clock.nowMs()
    const known = [...keys.values()].filter(({ verifiesUntilMs }) => verifiesUntilMs > nowMs)
    const others = given && !keys.has(given.id) ? [given] : []
    return { keys: [...known, ...others].map(({ published }) => published) }
  }

  /**
   * Makes the next key; where one waits for its time already, that one. `atOnce` is for a key that
   * somebody else has: the ones before verify nothing from then on, and everybody has to refresh.
   */
  async function rotate(call: Call, { atOnce = false } = {}): Promise<Rotated> {
    requireReach(call.caller, AUTH.rotateSigningKeys)
    if (given)
      throw new AppError('forbidden', 'The key is given by ZERG_SIGNING_KEY; change it there.')
    const made = await makeKey(sealing)
    const rotated = await database.transaction(call.signal, async tx => {
      await repository.alone(tx)
      const waiting = atOnce ? undefined : await waitingOf(tx)
      if (waiting) return { id: waiting.id, signs_from: waiting.signs_from }
      const inS = atOnce ? 0 : PUBLISHED_BEFORE_S
      const signs_from = await repository.insert(tx, { ...made, inS })
      await repository.retire(tx, made.id, atOnce ? 0 : inS + needs.accessTtlMs / 1_000 + MARGIN_S)
      await revocations.tell(tx, 'signing-keys', NOBODY)
      const after = { id: made.id, signs_from, at_once: atOnce }
      const { action } = AUTH.rotateSigningKeys
      await record(tx, call, { action, kind: 'signing_key', id: made.id, outcome: 'done', after })
      return { id: made.id, signs_from }
    })
    await reload()
    return rotated
  }

  /** What time brings: a given key goes on verifying, and keys whose time is over go. */
  async function refresh(signal: AbortSignal): Promise<void> {
    if (given && clock.elapsedMs() - renewedAtMs >= RENEW_GIVEN_MS) await keepGiven(signal)
    await load(signal)
  }

  async function waitingOf(tx: Tx): Promise<SigningKeyRow | undefined> {
    const rows = await repository.list(tx)
    const opened = await Promise.all(rows.map(row => openKey(sealing, row)))
    return rows.find(
      (row, at) => opened[at]?.signs !== undefined && Date.parse(row.signs_from) > clock.nowMs(),
    )
  }

  async function makeFirst(signal: AbortSignal): Promise<void> {
    const made = await makeKey(sealing)
    await database.transaction(signal, async tx => {
      await repository.alone(tx)
      // Another instance that started at the same moment may have been first.
      keys = await opened(await repository.list(tx))
      if (!current()) await repository.insert(tx, { ...made, inS: 0 })
    })
    await load(signal)
  }

  async function keepGiven(signal: AbortSignal): Promise<void> {
    if (!given) return
    const { id } = given
    const on = database.on(signal)
    await repository.putGiven(on, { id, sealed: sealedPublic(sealing, given) })
    if (renewedAtMs === -Infinity) await revocations.tell(on, 'signing-keys', NOBODY)
    renewedAtMs = clock.elapsedMs()
  }

  function reload(): Promise<void> {
    loading ??= load(AbortSignal.timeout(2_000)).finally(() => {
      loading = undefined
    })
    return loading
  }

  function mayLook(): boolean {
    const nowMs = clock.elapsedMs()
    if (nowMs - looks.fromMs >= 1_000) looks = { fromMs: nowMs, count: 0 }
    return ++looks.count <= LOOKS_MAX
  }

  async function load(signal: AbortSignal): Promise<void> {
    keys = await opened(await repository.list(database.on(signal)))
  }

  async function opened(rows: readonly SigningKeyRow[]): Promise<Map<string, Known>> {
    const known = await Promise.all(rows.map(openedOne))
    return new Map(known.flatMap(key => (key ? [[key.id, key]] : [])))
  }

  async function openedOne(row: SigningKeyRow): Promise<Known | undefined> {
    const pair = keys.get(row.id) ?? (await openKey(sealing, row))
    if (!pair) return tellUnreadable(row.id)
    const verifiesUntilMs = row.verifies_until === null ? Infinity : Date.parse(row.verifies_until)
    return { ...pair, signsFromMs: Date.parse(row.signs_from), verifiesUntilMs }
  }

  // Of those whose time has come the youngest. The database's clock may be a little ahead of ours:
  // then it is the first.
  function current(): Known | undefined {
    const nowMs = clock.nowMs()
    const able = [...keys.values()].filter(key => key.signs && key.verifiesUntilMs > nowMs)
    const sorted = able.toSorted((a, b) => a.signsFromMs - b.signsFromMs)
    return sorted.findLast(({ signsFromMs }) => signsFromMs <= nowMs) ?? sorted[0]
  }

  function tellUnreadable(id: string): undefined {
    if (unreadable.has(id)) return
    unreadable.add(id)
    log.warn({ signing_key: id, fix: UNREADABLE_FIX }, 'signing_key_unreadable')
  }

  function lost(error: unknown): void {
    log.warn({ err: error }, 'signing_keys_not_loaded')
  }
}

const UNREADABLE_FIX =
  'Give every instance the same ZERG_SECRET, and the one before as ZERG_SECRET_PREVIOUS; tokens of this key are not accepted here.'
