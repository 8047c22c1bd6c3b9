// Refusals for the audit log, within a bound: whoever is refused a thousand times a second must not
// fill the disk with that. Each source has its share, all of them together another; what is left out
// is counted, and the log says how much it was.

import type { Call } from '#lib/call.ts'
import { ANONYMOUS, callerOf, NOBODY } from '#lib/caller.ts'
import { type Clock, systemClock } from '#lib/clock.ts'
import { errorEntry } from '#lib/error-codes.ts'
import { type AppError, isAppError } from '#lib/errors.ts'
import type { Resource } from '../lifecycle/resources.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Database } from '../postgres/database.ts'
import { createAllowance } from './allowance.ts'
import { type EntryValues, insertEntries, valuesOf } from './entries-table.ts'

/** What it was about, where more is known than that it was a request. */
export type About = {
  /** Of the rule that refused it, such as `auth.login`. `requests.refuse` unless stated. */
  action?: string
  kind?: string
  id?: string | null
  /** Without secrets, or with '[masked]' in their place. */
  after?: object
}

export type Refusals = {
  /**
   * Never throws and never waits. What is no refusal (401, 403, 429) is passed over, and so is what
   * was noted before.
   */
  note(call: Pick<Call, 'caller'>, error: unknown, about?: About): void
}

type Needs = {
  database: Pick<Database, 'on'>
  /** How many of all are kept in the long run; a burst may be ten times as much. */
  perMinute: number
  log: Log
  metrics: Metrics
  clock?: Clock
  writeEveryMs?: number
}

type Open = Refusals & { write(): Promise<void>; close(limitMs: number): Promise<void> }

const STATUSES: ReadonlySet<number> = new Set([401, 403, 429])
const WRITE_MAX_MS = 5_000
const SUMMARY_EVERY_MS = 60_000
/** Of one source: this many at once, and as many in ten minutes. */
const SOURCE_BURST = 10
const SOURCES_MAX = 10_000
const BURST_MINUTES = 10

/** A resource to open after the database. Closing writes what is still held. */
export function refusalLog(needs: Needs): Resource<Open> {
  return {
    start: () => openRefusals(needs),
    close: (it, limitMs) => it.close(limitMs),
    closeMaxMs: 2_000,
  }
}

function openRefusals(needs: Needs): Open {
  const { database, perMinute, log, metrics, clock = systemClock, writeEveryMs = 2_000 } = needs
  const bufferMax = Math.max(perMinute * BURST_MINUTES, 1)
  const all = createAllowance({ burst: bufferMax, perMs: perMinute / 60_000, sourcesMax: 1, clock })
  const each = createAllowance({
    burst: SOURCE_BURST,
    perMs: SOURCE_BURST / 600_000,
    sourcesMax: SOURCES_MAX,
    clock,
  })
  let waiting: EntryValues[] = []
  let writing: Promise<void> | undefined
  const leftOut = countLeftOut(clock)
  // Whoever refuses may know more of it than whoever sends the answer, and comes first.
  const noted = new WeakSet<AppError>()
  const timer = setInterval(() => void write(), writeEveryMs)
  timer.unref()

  return { note, write, close }

  function note(call: Pick<Call, 'caller'>, error: unknown, about: About = {}) {
    if (!isAppError(error) || !STATUSES.has(errorEntry(error.code).status)) return
    if (noted.has(error)) return
    noted.add(error)
    const isKept = waiting.length < bufferMax && each.take(sourceOf(call)) && all.take('')
    metrics.audit.refusals.inc({ kept: String(isKept) })
    if (isKept) waiting.push(valuesOf(call, entryOf(error, about)))
    else leftOut.add(error.code)
  }

  /** One at a time; never rejects. */
  function write(signal = AbortSignal.timeout(WRITE_MAX_MS)): Promise<void> {
    writing ??= writeOnce(signal, false).finally(() => (writing = undefined))
    return writing
  }

  async function writeOnce(signal: AbortSignal, isLast: boolean) {
    const entries = waiting
    const counts = leftOut.take(isLast)
    if (entries.length === 0 && !counts) return
    waiting = []
    try {
      await insertEntries(database.on(signal), counts ? [...entries, summaryOf(counts)] : entries)
    } catch (error) {
      // The database is away: they wait for it, as many as there is room for.
      waiting = [...entries, ...waiting].slice(0, bufferMax)
      if (counts) leftOut.putBack(counts)
      log.debug({ err: error }, 'refusals_not_written')
    }
  }

  async function close(limitMs: number) {
    clearInterval(timer)
    await writing
    await writeOnce(AbortSignal.timeout(limitMs), true)
  }
}

/** By code, and told from time to time. */
function countLeftOut(clock: Clock) {
  let counts = new Map<string, number>()
  let toldAtMs = clock.elapsedMs()
  const add = (code: string, count = 1) => void counts.set(code, (counts.get(code) ?? 0) + count)
  return {
    add,
    take(now: boolean): ReadonlyMap<string, number> | undefined {
      const isDue = now || clock.elapsedMs() - toldAtMs >= SUMMARY_EVERY_MS
      if (!isDue || counts.size === 0) return undefined
      const taken = counts
      counts = new Map()
      toldAtMs = clock.elapsedMs()
      return taken
    },
    putBack(taken: ReadonlyMap<string, number>) {
      for (const [code, count] of taken) add(code, count)
    },
  }
}

const entryOf = (error: AppError, about: About) => ({
  action: about.action ?? 'requests.refuse',
  kind: about.kind ?? 'request',
  id: about.id ?? null,
  outcome: 'refused' as const,
  reason: `${error.code}: ${error.message}`,
  after: about.after ?? null,
})

// Of those left out nothing is known but how many there were, and why.
function summaryOf(leftOut: ReadonlyMap<string, number>): EntryValues {
  const caller = callerOf(
    { ...ANONYMOUS, kind: 'internal' },
    { via: 'http', address: null, requestId: 'refusals', traceId: null },
  )
  const total = [...leftOut.values()].reduce((sum, count) => sum + count)
  return valuesOf(
    { caller },
    {
      action: 'requests.refuse',
      kind: 'request',
      id: null,
      outcome: 'refused',
      reason: `${total} refusals were left out to stay within the bound.`,
      after: { left_out: total, by_code: Object.fromEntries(leftOut) },
    },
  )
}

// One that is known is one source wherever it comes from.
const sourceOf = ({ caller }: Pick<Call, 'caller'>): string =>
  caller.userId === NOBODY ? (caller.address ?? '') : caller.userId
