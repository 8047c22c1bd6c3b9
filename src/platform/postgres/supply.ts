// Keeps the gate supplied with open connections. When none can be had the database is lost: callers
// are told at once, and one attempt at a time finds out when it is back.

import type { Clock } from '#lib/clock.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Connection } from './connection.ts'
import { codeOf, databaseUnavailable, isConnectionError } from './errors.ts'
import type { Gate } from './gate.ts'

type Needs = {
  gate: Gate
  max: number
  /** Opens a connection, or rejects within the connect timeout. */
  connect(): Promise<Connection>
  log: Log
  metrics: Metrics
  clock: Clock
}

// All at once before the first request; more than this many would only load the server.
const WARM_MAX = 10
const RETRY_LOST_MS = 250
const RETRY_SHORT_MS = 1_000
// A restart of a pooler closes every connection and takes new ones at once: that is no loss yet.
const LOSS_GRACE_MS = 100
const SHORT_LIFE_MS = 100
const SUSPECT_EVERY_MS = 1_000
const LIFETIME_MS = 45 * 60_000

export function createSupply({ gate, max, connect, log, metrics, clock }: Needs) {
  const open = new Set<Connection>()
  let opening = 0
  let lostAtMs: number | undefined
  let suspecting = false
  let suspectedAtMs = -Infinity
  let closing = false
  // Told once, not at every attempt.
  let isShort = false
  let retry: ReturnType<typeof setTimeout> | undefined
  let grace: ReturnType<typeof setTimeout> | undefined
  const renewal = setInterval(renewOldest, 60_000)
  renewal.unref()

  return { warm, gone, suspect, stop, close, connections: open as Iterable<Connection> }

  /** Opens the first connections side by side; rejects if not one can be had. */
  async function warm() {
    const count = Math.min(max, WARM_MAX)
    const results = await Promise.allSettled(Array.from({ length: count }, connect))
    const refused = results.filter(result => result.status === 'rejected')
    if (refused.length === count) throw refused[0]!.reason
    for (const result of results) if (result.status === 'fulfilled') add(result.value)
    if (refused.length > 0) failed(refused[0]!.reason)
    else fill()
    metrics.database.up.set(1)
  }

  function add(connection: Connection) {
    if (closing) return void connection.discard()
    found()
    if (open.size >= max) return void connection.discard()
    open.add(connection)
    if (open.size === max) isShort = false
    gate.give(connection)
  }

  // One attempt is enough to find out whether it is back; a crowd would only hinder its start.
  function fill() {
    if (closing || retry) return
    const isInDoubt = lostAtMs !== undefined || open.size === 0
    const wanted = isInDoubt ? 1 : max - open.size
    while (opening < wanted) void openOne()
  }

  async function openOne() {
    opening++
    try {
      add(await connect())
    } catch (error) {
      failed(error)
    } finally {
      opening--
    }
    fill()
  }

  function failed(error: unknown) {
    if (closing) return
    if (open.size === 0) lose(error)
    else if (!isShort)
      log.warn({ code: codeOf(error), open: open.size, max }, 'database_connection_refused')
    isShort = true
    fillLater(lostAtMs === undefined ? RETRY_SHORT_MS : RETRY_LOST_MS)
  }

  function fillLater(ms: number) {
    clearTimeout(retry)
    const again = () => {
      retry = undefined
      fill()
    }
    retry = setTimeout(again, ms * (1 + Math.random()))
  }

  function lose(error: unknown) {
    clearTimeout(grace)
    if (lostAtMs !== undefined || closing) return
    lostAtMs = clock.elapsedMs()
    metrics.database.up.set(0)
    log.error({ code: codeOf(error), reason: String(error) }, 'database_lost')
    for (const connection of gate.shut(() => databaseUnavailable(error))) gone(connection)
    fill()
  }

  function found() {
    clearTimeout(grace)
    if (lostAtMs === undefined) return
    log.info({ outage_ms: Math.round(clock.elapsedMs() - lostAtMs) }, 'database_back')
    lostAtMs = undefined
    metrics.database.up.set(1)
    gate.unshut()
  }

  /** A connection has ended, or is of no more use and is ended here. */
  function gone(connection: Connection) {
    gate.forget(connection)
    void connection.discard()
    if (!open.delete(connection) || closing) return
    if (open.size === 0) {
      const error = new Error('Every connection to the database was closed.')
      clearTimeout(grace)
      grace = setTimeout(() => lose(error), LOSS_GRACE_MS)
    }
    // A server that takes a connection and ends it at once would otherwise be asked without a pause.
    const livedMs = performance.now() - connection.openedAtMs
    if (livedMs < SHORT_LIFE_MS) return fillLater(RETRY_LOST_MS)
    if (open.size === 0) {
      clearTimeout(retry)
      retry = undefined
    }
    fill()
  }

  /**
   * Something waited in vain: perhaps only work is slow, perhaps the server is frozen or cut off,
   * which no socket reports. A new connection tells. A server that answers "too many" is alive.
   */
  async function suspect() {
    if (suspecting || closing || lostAtMs !== undefined) return
    if (clock.elapsedMs() - suspectedAtMs < SUSPECT_EVERY_MS) return
    suspecting = true
    suspectedAtMs = clock.elapsedMs()
    try {
      add(await connect())
    } catch (error) {
      if (isConnectionError(error)) lose(error)
    } finally {
      suspecting = false
    }
  }

  // Long sessions keep memory in the server, and the address of a server that was replaced.
  function renewOldest() {
    const oldest = gate.oldestIdle()
    if (oldest && performance.now() - oldest.openedAtMs > LIFETIME_MS) gone(oldest)
  }

  /** Opens no more connections, and takes none for lost. */
  function stop() {
    closing = true
    clearInterval(renewal)
    clearTimeout(retry)
    clearTimeout(grace)
  }

  async function close() {
    stop()
    await Promise.all([...open].map(connection => connection.discard()))
  }
}
