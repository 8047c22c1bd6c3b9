// Opens a Database: PostgreSQL, or the embedded one through a stream. What callers may do with it is
// in database.ts.

import type postgres from 'postgres'
import type { Clock } from '#lib/clock.ts'
import { databaseClosed } from './errors.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import { createConnection, type Connection } from './connection.ts'
import type { Database, Runner, Statement, Tx } from './database.ts'
import { createGate } from './gate.ts'
import {
  type ClientOptions,
  postgresOptions,
  type Settings,
  socketOptions,
  type Source,
} from './options.ts'
import { createPerform } from './perform.ts'
import { exposePool } from './pool-metrics.ts'
import { openWithin } from './start.ts'
import { createStatementLog } from './statement-log.ts'
import { createSupply } from './supply.ts'
import { createSweeper } from './sweeper.ts'
import { embeddedTarget, parseTarget } from './target.ts'
import { beginStatement, createTransaction } from './transaction.ts'

export type DatabaseNeeds = {
  source: Source
  settings: Settings
  log: Log
  metrics: Metrics
  clock: Clock
  /** How long a server that is not there yet is waited for; a wrong password is told at once. */
  waitMs: number
  /** Gives up the start. */
  signal: AbortSignal
}

/**
 * Resolves once connections are open.
 *
 * @throws DatabaseFailure which says what to try, and never the password.
 */
export async function openDatabase(needs: DatabaseNeeds): Promise<Database> {
  const { source, log, metrics, clock, waitMs, signal } = needs
  const settings = 'url' in source ? needs.settings : { ...needs.settings, ...EMBEDDED }
  const target = 'url' in source ? parseTarget(source.url, settings.tls) : embeddedTarget
  const options: ClientOptions =
    'url' in source ? postgresOptions(target, settings) : socketOptions(source.socket, settings)
  const max = settings.poolMax

  const gate = createGate({
    max,
    acquireTimeoutMs: settings.acquireTimeoutMs,
    metrics,
    clock,
    onStarved: () => void supply.suspect(),
  })
  const supply = createSupply({ gate, max, connect, log, metrics, clock })
  const drop = supply.gone
  const { wake, stop } = createSweeper(supply.connections)
  const note = createStatementLog(log)
  const perform = createPerform({ clock, note, release, drop, wake })
  const transact = createTransaction({ perform, begin: beginStatement(settings) })

  try {
    await openWithin({ attempt: supply.warm, target, waitMs, signal, log })
  } catch (error) {
    // An attempt that was given up may still succeed.
    await supply.close()
    throw error
  }
  exposePool(metrics, gate.figures)
  const kind = 'url' in source ? 'postgres' : 'embedded'
  return { kind, on, transaction, ping, figures: gate.figures, close }

  async function connect(): Promise<Connection> {
    const connection = createConnection({
      options,
      canCancel: 'url' in source,
      onClosed: drop,
      onNotice: notice => log.debug({ notice: notice['message'] }, 'database_notice'),
    })
    return await connection.open()
  }

  function on(signal: AbortSignal): Runner {
    return { run: statement => run(signal, statement) }
  }

  function run<Rows extends readonly postgres.MaybeRow[]>(
    signal: AbortSignal,
    statement: Statement<Rows>,
  ): Promise<Rows> {
    if (signal.aborted) return Promise.reject(signal.reason)
    const connection = gate.take()
    return connection
      ? perform(connection, signal, statement)
      : gate.wait(signal).then(it => perform(it, signal, statement))
  }

  async function transaction<T>(signal: AbortSignal, work: (tx: Tx) => Promise<T>): Promise<T> {
    if (signal.aborted) throw signal.reason
    const connection = gate.take() ?? (await gate.wait(signal))
    try {
      return await transact(connection, signal, work)
    } finally {
      release(connection)
    }
  }

  function release(connection: Connection) {
    if (connection.isInterrupted()) return void reclaim(connection)
    gate.release()
    if (connection.isUsable()) gate.give(connection)
  }

  // Its caller has been answered; until PostgreSQL has let go of the statement it counts as in use.
  async function reclaim(connection: Connection) {
    try {
      await connection.reclaim()
    } catch {
      drop(connection)
      void supply.suspect()
    }
    release(connection)
  }

  async function ping(signal: AbortSignal) {
    try {
      await run(signal, sql => sql`select 1`)
    } catch (error) {
      if (signal.aborted) void supply.suspect()
      throw error
    }
  }

  async function close(timeoutMs: number) {
    supply.stop()
    for (const connection of gate.shut(databaseClosed)) void connection.discard()
    const late = new Promise<void>(resolve => setTimeout(resolve, timeoutMs).unref())
    await Promise.race([gate.quiet(), late])
    const cut = gate.figures().inUse
    await supply.close()
    stop()
    return { cut }
  }
}

// One connection and no pooler, whatever is configured for PostgreSQL.
const EMBEDDED = { poolMax: 1, pooler: 'none', tls: 'disable' } as const
