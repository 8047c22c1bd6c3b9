// The unit of work: begin, the statements of whoever takes part, commit or rollback.

import { AppError } from '#lib/errors.ts'
import type { Connection } from './connection.ts'
import type { Tx } from './database.ts'
import { sessionLimits, type Settings } from './options.ts'
import type { Perform } from './perform.ts'

type Needs = { perform: Perform; begin: string }

/** Behind a pooler the limits cannot be the session's, so that each transaction brings them along. */
export const beginStatement = (settings: Settings): string =>
  settings.pooler === 'none'
    ? 'begin'
    : ['begin', ...Object.entries(sessionLimits(settings)).map(limit => setLocal(...limit))].join(
        ';',
      )

const setLocal = (name: string, ms: number) => `set local ${name} = ${ms}`

export const createTransaction = ({ perform, begin }: Needs) =>
  /** Runs on a connection that the caller holds, and leaves it clean or marked for cleaning. */
  async function transact<T>(
    connection: Connection,
    signal: AbortSignal,
    work: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    let isOver = false
    const say = (words: string) => perform(connection, signal, sql => sql.unsafe(words))
    const run: Tx['run'] = async statement => {
      if (signal.aborted) throw signal.reason
      // Its connection may be somebody else's by now.
      if (isOver)
        throw new AppError('internal', 'A statement came after its transaction had ended.')
      return await perform(connection, signal, statement)
    }

    connection.inTransaction = true
    try {
      await say(begin)
      const result = await work({ inTransaction: true, run })
      isOver = true
      if (signal.aborted) throw signal.reason
      const { command } = await say('commit')
      connection.inTransaction = false
      // So PostgreSQL answers a commit after an error that the work has swallowed.
      if (command === 'ROLLBACK')
        throw new AppError('internal', 'A transaction went on after one of its statements failed.')
      return result
    } catch (error) {
      isOver = true
      await undo()
      throw error
    }

    // Whatever cannot be undone now is undone by `reclaim` before the connection is used again.
    async function undo() {
      if (!connection.inTransaction || !connection.isUsable()) return
      if (signal.aborted) return connection.interrupt(signal.reason)
      try {
        await say('rollback')
        connection.inTransaction = false
      } catch (error) {
        connection.interrupt(error)
      }
    }
  }
