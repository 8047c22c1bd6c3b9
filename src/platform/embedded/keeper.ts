// Keeps a PostgreSQL running: one that panicked is replaced, as a server's would be, by one that has
// recovered from the log.

import type { Log } from '../observability/log.ts'
import type { Engine } from './engine.ts'

export type Keeper = {
  /** The running one. Rejects as a socket would whose server is not there. */
  engine(): Promise<Engine>
  close(): Promise<void>
}

type Needs = {
  first: Engine
  /** Undefined where nothing is left to recover from: in memory. */
  restart: (() => Promise<Engine>) | undefined
  log: Log
}

// An attempt costs a fifth of a second of everybody's time, and a full disk is not freed that fast.
const RETRY_AFTER_MS = 2_000

export function createKeeper({ first, restart, log }: Needs): Keeper {
  let current = first
  let restarting: Promise<Engine> | undefined
  let refusal: { error: Error; untilMs: number } | undefined
  let closed: Promise<void> | undefined

  return { engine, close: () => (closed ??= close()) }

  async function engine(): Promise<Engine> {
    const failure = current.failure()
    if (closed) throw refused('The embedded database is closed.')
    if (!failure) return current
    if (!restart) throw refused(failure.message, failure)
    if (refusal && performance.now() < refusal.untilMs) throw refusal.error
    restarting ??= replace(failure, restart).finally(() => (restarting = undefined))
    return await restarting
  }

  async function replace(failure: Error, restart: () => Promise<Engine>): Promise<Engine> {
    try {
      await current.close()
      current = await restart()
    } catch (error) {
      const untilMs = performance.now() + RETRY_AFTER_MS
      refusal = { error: refused(String(error), error), untilMs }
      throw refusal.error
    }
    log.warn({ after: failure.message }, 'embedded_postgres_recovered')
    return current
  }

  async function close() {
    await restarting?.catch(() => {})
    await current.close()
  }
}

const refused = (message: string, cause?: unknown) =>
  Object.assign(new Error(message, { cause }), { code: 'ECONNREFUSED' })
