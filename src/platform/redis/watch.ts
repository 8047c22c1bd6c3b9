// Whether Redis answers. It is asked once a second, by a write; while it is lost nobody waits for it,
// and one question at a time finds out when it is back.

import type { Clock } from '#lib/clock.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { RedisFailure } from './failure.ts'

export type Watch = ReturnType<typeof createWatch>

type Needs = {
  /** Resolves when Redis has answered; rejects within the command timeout. */
  ask(): Promise<void>
  /** Drops a connection on which nothing comes any more, and opens another. */
  reconnect(): void
  diagnose(error: unknown): RedisFailure
  log: Log
  metrics: Metrics
  clock: Clock
}

const ASK_MS = 1_000
const ASK_LOST_MS = 500
// After this long without an answer the connection itself is in doubt: a cut cable resets nothing.
const SILENCE_MAX_MS = 3_000
// A Redis that comes and goes is told about now and then.
const TELL_MS = 10_000

export function createWatch({ ask, reconnect, diagnose, log, metrics, clock }: Needs) {
  let isUp = false
  let hasStarted = false
  let isStopped = false
  let isAsking = false
  let outages = 0
  let lostAtMs = clock.elapsedMs()
  let answeredAtMs = -Infinity
  let reconnectedAtMs = clock.elapsedMs()
  let toldAtMs = -Infinity
  let isTold = false
  let why: RedisFailure | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const starting = Promise.withResolvers<void>()

  return {
    isUp: () => isUp,
    /** How often it was lost. What was known before may be wrong after. */
    outages: () => outages,
    /** Why it is lost; undefined while it is not. */
    failure: () => why,
    start,
    askNow,
    answered,
    suspect,
    stop,
  }

  /**
   * Resolves once it is known whether Redis answers, at the latest after `waitMs`. The first question
   * is for whoever sees the connection become ready.
   */
  async function start(waitMs: number): Promise<void> {
    const patience = setTimeout(() => lose(new Error('Connecting timed out.')), waitMs)
    await starting.promise
    clearTimeout(patience)
    if (!isAsking && !isStopped) askLater()
  }

  async function askNow(): Promise<void> {
    if (isAsking || isStopped) return
    clearTimeout(timer)
    isAsking = true
    try {
      await ask()
      answered()
      find()
    } catch (error) {
      lose(error)
      doubtConnection()
    } finally {
      isAsking = false
      if (!isStopped) askLater()
    }
  }

  // Spread, so that instances do not ask in step.
  function askLater(): void {
    clearTimeout(timer)
    timer = setTimeout(askNow, (isUp ? ASK_MS : ASK_LOST_MS) * (0.75 + Math.random() / 2))
  }

  function answered(): void {
    answeredAtMs = clock.elapsedMs()
  }

  /** Something that was asked at this time got no answer. If nothing else has either, Redis is lost. */
  function suspect(error: unknown, sinceMs: number): void {
    if (answeredAtMs <= sinceMs) lose(error)
  }

  function lose(error: unknown): void {
    if (isStopped) return
    starting.resolve()
    // A failure that says more than the first one, such as a wrong password, is worth knowing.
    why = diagnose(error)
    if (!isUp && hasStarted) return
    hasStarted = true
    isUp = false
    outages++
    lostAtMs = clock.elapsedMs()
    metrics.redis.up.set(0)
    isTold = lostAtMs - toldAtMs >= TELL_MS
    if (!isTold) return
    toldAtMs = lostAtMs
    log.error({ reason: why.message, fix: why.fix, goes_on: 'in this process' }, 'redis_lost')
  }

  function find(): void {
    why = undefined
    starting.resolve()
    if (isUp || isStopped) return
    isUp = true
    metrics.redis.up.set(1)
    if (isTold) log.info({ outage_ms: Math.round(clock.elapsedMs() - lostAtMs) }, 'redis_back')
    hasStarted = true
    isTold = false
  }

  function doubtConnection(): void {
    const nowMs = clock.elapsedMs()
    if (nowMs - Math.max(answeredAtMs, reconnectedAtMs) < SILENCE_MAX_MS) return
    reconnectedAtMs = nowMs
    reconnect()
  }

  function stop(): void {
    isStopped = true
    isUp = false
    clearTimeout(timer)
  }
}
