// Work that comes round at intervals, done by one instance at a time: sealing, expiry, partitions.
// Whoever is free when a task is due does it; nobody is elected, so that nobody has to be replaced.

import { hostname } from 'node:os'
import { newId } from '#lib/id.ts'
import type { Resource } from '../lifecycle/resources.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Database } from '../postgres/database.ts'
import { createTurns } from './turns.ts'

export type PeriodicTask = {
  /** Such as `audit-seal`; a label of metrics, and the key of its row. */
  name: string
  /** From the beginning of one run to that of the next, whichever instances do them. */
  everyMs: number
  /** Longest that one run may take; then its signal aborts. A minute unless stated. */
  maxMs?: number
  /** May be repeated after it was cut anywhere. Rejecting counts as a failure, and is logged. */
  run(signal: AbortSignal): Promise<unknown>
}

export type Periodic = {
  /** From now on it is done at its intervals, the first time soon. */
  register(task: PeriodicTask): void
  /** Does what is due now, and says whether this instance did it. It happens by itself; tests ask for it. */
  attempt(name: string): Promise<boolean>
}

type Needs = { database: Database; metrics: Metrics; log: Log }

type Registered = {
  task: PeriodicTask
  timer?: ReturnType<typeof setTimeout>
  going?: Promise<boolean>
}

// Whoever did it last may be gone: somebody looks at least this often.
const LOOK_EVERY_MAX_MS = 60_000
const FIRST_WITHIN_MS = 1_000

/** A resource to open after the database. Closing stops what runs, and waits for it to end. */
export function periodicWork(needs: Needs): Resource<Periodic & { close(): Promise<void> }> {
  return { start: () => openPeriodic(needs), close: it => it.close(), closeMaxMs: 3_000 }
}

function openPeriodic({ database, metrics, log }: Needs) {
  const closing = new AbortController()
  const tasks = new Map<string, Registered>()
  const holder = `${hostname()}/${process.pid}/${newId().slice(-6)}`
  const turns = createTurns({ database, metrics, log, holder, closing: closing.signal })
  return { register, attempt, close }

  function register(task: PeriodicTask) {
    if (tasks.has(task.name)) throw new Error(`Periodic task "${task.name}" is registered twice.`)
    const registered: Registered = { task }
    tasks.set(task.name, registered)
    again(registered, Math.random() * Math.min(task.everyMs, FIRST_WITHIN_MS))
  }

  function attempt(name: string): Promise<boolean> {
    const registered = tasks.get(name)
    if (!registered) throw new Error(`There is no periodic task "${name}".`)
    registered.going ??= turns.take(registered.task).finally(() => void delete registered.going)
    return registered.going
  }

  function again(registered: Registered, inMs: number) {
    if (closing.signal.aborted) return
    const { name, everyMs } = registered.task
    registered.timer = setTimeout(() => {
      void attempt(name).then(() => {
        // Instances that were started together drift apart.
        again(registered, Math.min(everyMs, LOOK_EVERY_MAX_MS) * (0.9 + Math.random() * 0.2))
      })
    }, inMs)
    registered.timer.unref()
  }

  async function close() {
    closing.abort(new Error('This instance is shutting down.'))
    for (const { timer } of tasks.values()) clearTimeout(timer)
    await Promise.all([...tasks.values()].map(({ going }) => going))
  }
}
