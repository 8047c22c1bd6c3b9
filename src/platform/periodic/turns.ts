// One turn of a periodic task: claimed, done within its limit, and put down.

import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Database } from '../postgres/database.ts'
import * as table from './periodic-table.ts'
import type { PeriodicTask } from './periodic.ts'

type Needs = {
  database: Database
  metrics: Metrics
  log: Log
  holder: string
  closing: AbortSignal
}

const RUN_MAX_MS = 60_000
const STATEMENT_MAX_MS = 5_000
// Short, so that what a dead instance was at is taken up soon; renewed for as long as a run lasts.
const LEASE_MS = 4_000
const ERROR_CHARS_MAX = 500
// How often the row of an embedded database is written when nothing has changed.
const RECORD_EVERY_MS = 60_000

export function createTurns({ database, metrics, log, holder, closing }: Needs) {
  const known = new Set<string>()
  const recorded = new Map<string, { error: string | null; atMs: number }>()
  // Nobody else can be at work on an embedded database, and a write of it is synced to disk.
  const alone = database.kind === 'embedded'

  return { take }

  /** Whether it was this instance's turn. Never rejects. */
  async function take(task: PeriodicTask): Promise<boolean> {
    try {
      if (closing.aborted || !(await isOurs(task))) return false
    } catch (error) {
      // A database that is away is somebody else's to report.
      log.debug({ task: task.name, err: error }, 'periodic_claim_failed')
      return false
    }
    const beganAtMs = performance.now()
    const error = await done(task)
    const durationMs = performance.now() - beganAtMs
    if (closing.aborted && error) return true
    count(task, { durationMs, error })
    await putDown(task, { durationMs, error })
    return true
  }

  async function isOurs({ name }: PeriodicTask): Promise<boolean> {
    if (!known.has(name)) await table.add(on(), name)
    known.add(name)
    return alone || (await table.claim(on(), { name, holder, leaseMs: LEASE_MS }))
  }

  /** Resolves with what went wrong, if anything. */
  async function done({ name, maxMs = RUN_MAX_MS, run }: PeriodicTask): Promise<Error | undefined> {
    const cutting = new AbortController()
    const close = () => cutting.abort(closing.reason)
    const late = () => cutting.abort(new Error(`It took longer than ${maxMs} ms.`))
    const limit = setTimeout(late, maxMs)
    const renewing = setInterval(() => void renew(), LEASE_MS / 3)
    closing.addEventListener('abort', close)
    try {
      await Promise.race([run(cutting.signal), leftBehind(cutting.signal)])
      return undefined
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    } finally {
      clearTimeout(limit)
      clearInterval(renewing)
      closing.removeEventListener('abort', close)
    }

    async function renew() {
      if (alone) return
      const still = await table.renew(on(), { name, holder, leaseMs: LEASE_MS }).catch(() => true)
      if (!still) cutting.abort(new Error('Another instance has taken over.'))
    }
  }

  function count({ name }: PeriodicTask, { durationMs, error }: Outcome) {
    metrics.periodic.runs.inc({ task: name, outcome: error ? 'failed' : 'done' })
    metrics.periodic.duration.set({ task: name }, durationMs / 1_000)
    if (error) log.warn({ task: name, err: error }, 'periodic_failed')
    else metrics.periodic.lastSuccess.set({ task: name }, Date.now() / 1_000)
  }

  async function putDown({ name, everyMs }: PeriodicTask, outcome: Outcome) {
    const error = outcome.error?.message.slice(0, ERROR_CHARS_MAX) ?? null
    const last = recorded.get(name)
    const nowMs = performance.now()
    if (alone && last?.error === error && nowMs - last.atMs < RECORD_EVERY_MS) return
    try {
      await table.finish(on(), { name, holder, everyMs, durationMs: outcome.durationMs, error })
      recorded.set(name, { error, atMs: nowMs })
    } catch (failure) {
      // The lease ends by itself.
      log.debug({ task: name, err: failure }, 'periodic_record_failed')
    }
  }

  function on() {
    return database.on(AbortSignal.timeout(STATEMENT_MAX_MS))
  }
}

type Outcome = { durationMs: number; error: Error | undefined }

const STOP_WITHIN_MS = 1_000

/** Rejects when work has not ended a moment after its signal: it is not waited for any longer. */
const leftBehind = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const give = () => setTimeout(() => reject(signal.reason), STOP_WITHIN_MS).unref()
    signal.addEventListener('abort', give, { once: true })
  })
