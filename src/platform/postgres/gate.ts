// Hands out connections: one to each who asks, the rest wait in order and not for ever.

import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Connection } from './connection.ts'
import type { PoolFigures } from './database.ts'

export type Gate = ReturnType<typeof createGate>

type Waiter = {
  grant(connection: Connection): void
  refuse(reason: unknown): void
  signal: AbortSignal
  askedAtMs: number
}

type Needs = {
  max: number
  acquireTimeoutMs: number
  metrics: Metrics
  clock: Clock
  /** Somebody has waited in vain. */
  onStarved(): void
}

// More than this many waiting cannot be served within any deadline that is worth waiting for.
const WAITING_MAX_PER_CONNECTION = 200
/** Also how late a time-out or the end of a call may be noticed by one who waits. */
const SWEEP_MS = 15

export function createGate({ max, acquireTimeoutMs, metrics, clock, onStarved }: Needs) {
  const idle: Connection[] = []
  const waiting = new Set<Waiter>()
  let inUse = 0
  let timeoutsTotal = 0
  let refusal: (() => AppError) | undefined
  let onQuiet: (() => void) | undefined
  let timer: ReturnType<typeof setInterval> | undefined

  return { take, wait, give, release, forget, shut, unshut, quiet, oldestIdle, figures }

  /** A free connection, or undefined: then `wait`. No promise where none is needed. */
  function take(): Connection | undefined {
    const connection = idle.pop()
    if (connection) inUse++
    return connection
  }

  /** The next free connection, within the acquire timeout. */
  function wait(signal: AbortSignal): Promise<Connection> {
    if (refusal) return Promise.reject(refusal())
    if (waiting.size >= max * WAITING_MAX_PER_CONNECTION) return Promise.reject(busy())
    return new Promise<Connection>((grant, refuse) => {
      waiting.add({ grant, refuse, signal, askedAtMs: clock.elapsedMs() })
      timer ??= setInterval(sweep, SWEEP_MS)
    })
  }

  // One timer looks after all who wait: under load that is most of the statements.
  function sweep() {
    const nowMs = clock.elapsedMs()
    let starved = false
    for (const waiter of waiting) {
      if (waiter.signal.aborted) refuse(waiter, waiter.signal.reason)
      else if (nowMs - waiter.askedAtMs >= acquireTimeoutMs) {
        refuse(waiter, busy())
        starved = true
      }
    }
    if (starved) onStarved()
    if (waiting.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  function refuse(waiter: Waiter, reason: unknown) {
    leave(waiter)
    waiter.refuse(reason)
  }

  function leave(waiter: Waiter) {
    waiting.delete(waiter)
    metrics.database.acquireWait.observe((clock.elapsedMs() - waiter.askedAtMs) / 1_000)
  }

  function busy() {
    timeoutsTotal++
    metrics.database.acquireTimeouts.inc()
    return new AppError('database_busy', 'No database connection became free in time.')
  }

  /** Offers a connection that nobody holds. */
  function give(connection: Connection) {
    for (const waiter of waiting) {
      inUse++
      leave(waiter)
      waiter.grant(connection)
      return
    }
    idle.push(connection)
  }

  /** Ends a hold. `give` brings the connection back, if it is fit. */
  function release() {
    inUse--
    if (inUse === 0) onQuiet?.()
  }

  /** Takes one out of the free ones, where it is among them. */
  function forget(connection: Connection) {
    const index = idle.indexOf(connection)
    if (index !== -1) idle.splice(index, 1)
  }

  /** From now on nobody waits: everybody is told at once. Returns the free connections. */
  function shut(reason: () => AppError): Connection[] {
    refusal = reason
    for (const waiter of waiting) refuse(waiter, reason())
    return idle.splice(0)
  }

  function unshut() {
    refusal = undefined
  }

  /** Resolves when nobody holds a connection. */
  function quiet(): Promise<void> {
    return new Promise(resolve => {
      if (inUse === 0) resolve()
      else onQuiet = resolve
    })
  }

  function oldestIdle(): Connection | undefined {
    return idle.toSorted((a, b) => a.openedAtMs - b.openedAtMs)[0]
  }

  function figures(): PoolFigures {
    return { max, inUse, idle: idle.length, waiting: waiting.size, timeoutsTotal }
  }
}
