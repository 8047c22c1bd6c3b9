// Hands out connections: one to each who asks, the rest wait in order and not for ever.

import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Connection } from './connection.ts'
import type { PoolFigures } from './database.ts'

export type Gate = ReturnType<typeof createGate>

type Waiter = { grant(connection: Connection): void; refuse(reason: unknown): void }

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

export function createGate({ max, acquireTimeoutMs, metrics, clock, onStarved }: Needs) {
  const idle: Connection[] = []
  const waiting = new Set<Waiter>()
  let inUse = 0
  let timeoutsTotal = 0
  let refusal: (() => AppError) | undefined
  let onQuiet: (() => void) | undefined

  return { take, wait, give, release, forget, shut, unshut, quiet, oldestIdle, figures }

  /** A free connection, or undefined: then `wait`. No promise where none is needed. */
  function take(): Connection | undefined {
    const connection = idle.pop()
    if (connection) inUse++
    return connection
  }

  /** The next free connection, within the acquire timeout. */
  async function wait(signal: AbortSignal): Promise<Connection> {
    if (refusal) throw refusal()
    if (waiting.size >= max * WAITING_MAX_PER_CONNECTION) throw busy()
    const startedMs = clock.elapsedMs()
    try {
      return await new Promise<Connection>((resolve, reject) => {
        const leave = () => {
          waiting.delete(waiter)
          clearTimeout(timer)
          signal.removeEventListener('abort', onAbort)
        }
        const refuse = (reason: unknown) => {
          leave()
          reject(reason)
        }
        const waiter = { grant: (it: Connection) => (leave(), resolve(it)), refuse }
        const onAbort = () => refuse(signal.reason)
        const timer = setTimeout(() => {
          refuse(busy())
          onStarved()
        }, acquireTimeoutMs)
        signal.addEventListener('abort', onAbort)
        waiting.add(waiter)
      })
    } finally {
      metrics.database.acquireWait.observe((clock.elapsedMs() - startedMs) / 1_000)
    }
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
    for (const waiter of waiting) waiter.refuse(reason())
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
