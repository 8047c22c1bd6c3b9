// What the rest of Zerg may do with SQL: run one statement, or several in a transaction, on behalf
// of a call. `client.ts` opens a Database on PostgreSQL or on the embedded one; nothing else differs.

import type postgres from 'postgres'

/** postgres.js's tagged template: `sql => sql\`select …\``. */
export type Sql = postgres.ISql

export type Statement<Rows extends readonly postgres.MaybeRow[]> = (
  sql: Sql,
) => postgres.PendingQuery<Rows>

/**
 * Runs one statement. Both a pooled connection (`Database.on`) and a transaction (`Tx`) are one, so
 * that a repository's function works in either.
 *
 * @throws AppError `database_unavailable`, `database_busy`, `storage_full`, or the call's own reason
 *   when its signal aborted (the statement is then cancelled in PostgreSQL).
 * @throws postgres.PostgresError for the rest; `onConstraint` (errors.ts) gives them a meaning.
 */
export type Runner = {
  run<Rows extends readonly postgres.MaybeRow[]>(statement: Statement<Rows>): Promise<Rows>
}

/** The unit of work: an open transaction that a service hands to every repository that takes part. */
export type Tx = Runner & { readonly inTransaction: true }

export type PoolFigures = {
  max: number
  inUse: number
  idle: number
  waiting: number
  timeoutsTotal: number
}

export type Database = {
  readonly kind: 'postgres' | 'embedded'
  /** A runner for single statements, cancelled with the signal. */
  on(signal: AbortSignal): Runner
  /** Commits when `work` resolves, rolls back when it rejects. */
  transaction<T>(signal: AbortSignal, work: (tx: Tx) => Promise<T>): Promise<T>
  /** Resolves when PostgreSQL answers; used by health. */
  ping(signal: AbortSignal): Promise<void>
  figures(): PoolFigures
  /** Waits for statements in flight, at most this long, then cuts them. Resolves with what was cut. */
  close(timeoutMs: number): Promise<{ cut: number }>
}
