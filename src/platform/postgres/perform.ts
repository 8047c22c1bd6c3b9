// One statement on one connection: ended with its call, translated when it fails, told to the log.

import type postgres from 'postgres'
import type { Clock } from '#lib/clock.ts'
import type { Connection, Internals, Running } from './connection.ts'
import type { Statement } from './database.ts'
import { isConnectionError, toDatabaseError } from './errors.ts'

export type Perform = ReturnType<typeof createPerform>

type Needs = {
  clock: Clock
  note(query: Internals | undefined, tookMs: number): void
  /** The statement has ended, and its connection belongs to no transaction. */
  release(connection: Connection): void
  /** Something is under way that may have to be ended. */
  wake(): void
  /** The connection is of no more use. */
  drop(connection: Connection): void
}

// Every statement of every request goes through here: one promise beside the driver's own.
export const createPerform = ({ clock, note, release, drop, wake }: Needs) =>
  async function perform<Rows extends readonly postgres.MaybeRow[]>(
    connection: Connection,
    signal: AbortSignal,
    statement: Statement<Rows>,
  ): Promise<postgres.RowList<Rows>> {
    const startedMs = clock.elapsedMs()
    let query: Running<Rows> | undefined
    try {
      query = connection.start(signal, statement)
      wake()
      return await query
    } catch (error) {
      if (isConnectionError(error)) drop(connection)
      throw toDatabaseError(error)
    } finally {
      if (query) connection.finish(query)
      note(query, clock.elapsedMs() - startedMs)
      if (!connection.inTransaction) release(connection)
    }
  }
