// PGlite is one PostgreSQL session. Clients hold it one after another, and each finds it as new.

import type { Log } from '../observability/log.ts'
import type { Engine } from './engine.ts'
import type { Storage } from './storage.ts'
import { errorText, findError, queryMessage } from './wire.ts'

export type Session = {
  /** Waits for its turn; what it resolves with is the client's alone until it lets go. */
  take(): Promise<Hold>
}

export type Hold = {
  /** Answers the StartupMessage, with the parameters set that it asked for. */
  greet(startup: Buffer, parameters: [name: string, value: string][]): Greeting
  exchange(messages: Buffer): Buffer
  /** PostgreSQL is gone: nothing more will be answered. */
  failed(): boolean
  release(): void
}

export type Greeting = { accepted: boolean; answer: Buffer }

type Needs = { engine(): Promise<Engine>; storage(): Storage; log: Log }

// In a server of its own PostgreSQL makes a checkpoint after so much log, from another process. Here
// nobody would: the log would grow until the end, and a start after a crash would take as long.
const CHECKPOINT_EVERY_BYTES = 16 * 1024 ** 2

// What a client names at startup that is not a setting or that PGlite has decided, and limits that
// need a timer beside the statement: here they would go off after it, and end PostgreSQL as a whole.
const NOT_SETTINGS = new Set([
  'user',
  'database',
  'client_encoding',
  'replication',
  'options',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
])

export function createSession({ engine, storage, log }: Needs): Session {
  let turn: Promise<void> = Promise.resolve()
  let logBytes = 0

  return { take }

  async function take(): Promise<Hold> {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const before = turn
    turn = ended
    await before
    try {
      return hold(await engine(), end)
    } catch (error) {
      end()
      throw error
    }
  }

  function hold(postgres: Engine, end: () => void): Hold {
    let held = true
    return {
      greet: (startup, parameters) => greet(postgres, startup, parameters),
      exchange: messages => exchange(postgres, messages),
      failed: () => postgres.failure() !== undefined,
      release: () => {
        if (!held) return
        held = false
        if (!postgres.failure()) reset(postgres)
        end()
      },
    }
  }

  // PGlite reads the settings of a StartupMessage and forgets them, so they are set beforehand.
  function greet(postgres: Engine, startup: Buffer, parameters: [string, string][]): Greeting {
    for (const [name, value] of parameters) {
      if (NOT_SETTINGS.has(name.toLowerCase())) continue
      const refusal = findError(postgres.exchange(queryMessage(settingSql(name, value))))
      if (refusal) return { accepted: false, answer: refusal }
    }
    return { accepted: true, answer: postgres.greet(startup) }
  }

  function exchange(postgres: Engine, messages: Buffer): Buffer {
    const answer = postgres.exchange(messages)
    logBytes += storage().takeLogBytes()
    if (logBytes >= CHECKPOINT_EVERY_BYTES && !postgres.failure() && !postgres.inTransaction())
      checkpoint(postgres)
    return answer
  }

  function checkpoint(postgres: Engine) {
    const refusal = findError(postgres.exchange(queryMessage('checkpoint')))
    if (refusal) log.warn({ reason: errorText(refusal) }, 'embedded_checkpoint_failed')
    storage().takeLogBytes()
    logBytes = 0
  }

  // A client that leaves in the middle takes its transaction, statements and settings along.
  function reset(postgres: Engine) {
    if (postgres.inTransaction()) postgres.exchange(queryMessage('rollback'))
    postgres.exchange(queryMessage('discard all'))
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

const settingSql = (name: string, value: string) =>
  `select pg_catalog.set_config(${quoted(name)}, ${quoted(value)}, false)`
