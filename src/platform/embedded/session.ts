// PGlite is one PostgreSQL session. Its clients share it, one transaction at a time: who has begun
// one, or has not been told ReadyForQuery, is alone with it until then.

import type { Log } from '../observability/log.ts'
import type { Engine } from './engine.ts'
import { createUpkeep } from './upkeep.ts'
import { endsIdle, findError, queryMessage, SYNC } from './wire.ts'

export type Session = {
  /** A place in the session. Rejects when PostgreSQL cannot be had. */
  join(): Promise<Guest>
}

export type Guest = {
  /** Whether this one may speak now; if not, `whenFree` calls back, maybe to find it taken again. */
  mayProceed(): boolean
  whenFree(resume: () => void): void
  /** Answers the StartupMessage, with the parameters set that it asked for. */
  greet(startup: Buffer, parameters: [name: string, value: string][]): Greeting
  exchange(messages: Buffer): Buffer
  /** PostgreSQL is gone: nothing more will be answered. */
  failed(): boolean
  leave(): void
}

export type Greeting = { accepted: boolean; answer: Buffer }

type Needs = {
  engine(): Promise<Engine>
  log: Log
}

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

export function createSession({ engine, log }: Needs): Session {
  const upkeep = createUpkeep({ log })
  const guests = new Set<Guest>()
  let waiting: (() => void)[] = []
  let owner: Guest | undefined

  return { join }

  async function join(): Promise<Guest> {
    const postgres = await engine()
    const guest: Guest = {
      mayProceed: () => owner === undefined || owner === guest || postgres.failure() !== undefined,
      whenFree: resume => void waiting.push(resume),
      greet: (startup, parameters) => greet(postgres, startup, parameters),
      exchange: messages => {
        const answer = postgres.exchange(messages)
        if (endsIdle(answer)) free(postgres)
        else owner = guest
        return answer
      },
      failed: () => postgres.failure() !== undefined,
      leave: () => leave(postgres, guest),
    }
    guests.add(guest)
    return guest
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

  // Whoever leaves in the middle takes the transaction along; the last one also what was set and
  // prepared, so that the next finds a session as new.
  function leave(postgres: Engine, guest: Guest) {
    if (!guests.delete(guest)) return
    if (!postgres.failure()) {
      if (owner === guest) postgres.exchange(SYNC)
      if (owner === guest && postgres.inTransaction()) postgres.exchange(queryMessage('rollback'))
      if (guests.size === 0) postgres.exchange(queryMessage('discard all'))
    }
    if (owner === guest || guests.size === 0) free(postgres)
  }

  function free(postgres: Engine) {
    owner = undefined
    // After the answer is out; whoever was quicker to begin something goes first.
    if (upkeep.isDue(postgres))
      setImmediate(() => owner === undefined && upkeep.isDue(postgres) && upkeep.run(postgres))
    if (waiting.length === 0) return
    const woken = waiting
    waiting = []
    for (const resume of woken) resume()
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`

const settingSql = (name: string, value: string) =>
  `select pg_catalog.set_config(${quoted(name)}, ${quoted(value)}, false)`
