// One connection: a client of the driver that holds exactly one, and what is running on it.

import { setImmediate } from 'node:timers/promises'
import postgres from 'postgres'
import { type Backend, sendCancel } from './cancel.ts'
import type { Statement } from './database.ts'
import { codeOf } from './errors.ts'
import type { ClientOptions } from './options.ts'

// What the driver (3.4.9, pinned) keeps in a query beyond its types.
export type Internals = {
  /** Sent, and not answered yet. */
  active: boolean
  string?: string
  parameters?: readonly unknown[]
  reject(reason: unknown): void
  /** The session that it was sent to. */
  state: Backend | null
}

export type Running<Rows extends readonly postgres.MaybeRow[]> = postgres.PendingQuery<Rows> &
  Internals

export type Connection = {
  sql: postgres.Sql
  openedAtMs: number
  /** Set while `begin` may have been said and neither `commit` nor `rollback` was answered. */
  inTransaction: boolean
  open(): Promise<Connection>
  start<Rows extends readonly postgres.MaybeRow[]>(
    until: AbortSignal,
    statement: Statement<Rows>,
  ): Running<Rows>
  finish(query: Internals): void
  checkCall(): boolean
  interrupt(reason: unknown): void
  reclaim(): Promise<void>
  discard(): Promise<void>
  isUsable(): boolean
  isInterrupted(): boolean
}

type Needs = {
  options: ClientOptions
  /** The embedded database has no second connection to ask for a cancellation. */
  canCancel: boolean
  onClosed(connection: Connection): void
  onNotice(notice: postgres.Notice): void
}

const RECLAIM_MAX_MS = 2_000

export function createConnection({ options, canCancel, onClosed, onNotice }: Needs): Connection {
  const sql = postgres({ ...inWhole(options), onnotice: onNotice, onclose: closed })
  const running: Internals[] = []
  const cancellations: Promise<unknown>[] = []
  let signal: AbortSignal | undefined
  let state: 'opening' | 'open' | 'interrupted' | 'closed' = 'opening'
  const connection: Connection = {
    sql,
    openedAtMs: 0,
    inTransaction: false,
    open,
    start,
    finish,
    checkCall,
    interrupt,
    reclaim,
    discard,
    isUsable: () => state === 'open',
    isInterrupted: () => state === 'interrupted',
  }
  return connection

  /** Connects and says hello; the driver's `connect_timeout` bounds it. */
  async function open() {
    try {
      await sql.unsafe('select 1')
      if (state === 'closed') throw new Error('The connection was closed while it was opened.')
    } catch (error) {
      void discard()
      throw error
    }
    state = 'open'
    connection.openedAtMs = performance.now()
    return connection
  }

  // Used once: left alone, the driver would connect again by itself at the next statement.
  function closed() {
    const wasOpen = state === 'open' || state === 'interrupted'
    void discard()
    if (wasOpen) onClosed(connection)
  }

  /** Starts a statement that `checkCall` ends with its signal. `finish` has to follow. */
  function start<Rows extends readonly postgres.MaybeRow[]>(
    until: AbortSignal,
    statement: Statement<Rows>,
  ): Running<Rows> {
    const query = statement(sql) as Running<Rows>
    running.push(query)
    signal = until
    return query
  }

  function finish(query: Internals) {
    if (running.length > 1) return void running.splice(running.indexOf(query), 1)
    running.length = 0
    signal = undefined
  }

  /** Ends what runs for a call that has ended. Whether anything is running. */
  function checkCall(): boolean {
    if (signal?.aborted) interrupt(signal.reason)
    return running.length > 0
  }

  /** The caller is answered at once; what PostgreSQL still does is ended by `reclaim`. */
  function interrupt(reason: unknown) {
    if (state === 'open') state = 'interrupted'
    for (const query of running) {
      if (query.active) cancel(query)
      else void setImmediate().then(() => query.active && cancel(query))
      query.reject(reason)
    }
  }

  function cancel({ state: backend }: Internals) {
    if (!canCancel || !backend) return
    cancellations.push(sendCancel(options, backend, RECLAIM_MAX_MS).catch(() => undefined))
  }

  /**
   * Makes an interrupted connection usable again, or fails within two seconds. The order matters: a
   * cancellation has arrived when PostgreSQL closes its connection, and one more statement takes the
   * blow if it came late, so that it can never hit the next caller's.
   */
  async function reclaim() {
    const timer = setTimeout(() => void discard(), RECLAIM_MAX_MS)
    try {
      await setImmediate()
      await Promise.all(cancellations.splice(0))
      await barrier()
      if (state === 'interrupted') state = 'open'
    } finally {
      clearTimeout(timer)
    }
    if (state !== 'open') throw new Error('The connection did not answer a cancellation.')
  }

  async function barrier() {
    const statement = connection.inTransaction ? 'rollback' : 'select 1'
    try {
      await sql.unsafe(statement)
    } catch (error) {
      if (codeOf(error) !== '57014') throw error
      await sql.unsafe(statement)
    }
    connection.inTransaction = false
  }

  /** Ends it at once; a statement still running is rejected as CONNECTION_DESTROYED. */
  async function discard() {
    state = 'closed'
    await sql.end({ timeout: 0 })
  }
}

// The driver cuts a text at its first colon into host and port, and so would connect to "2001" for
// 2001:db8::5. It leaves lists as they are, though its types know of none.
const inWhole = (options: ClientOptions): ClientOptions =>
  Object.assign({ ...options }, { host: [options.host], port: [options.port] }) as ClientOptions
