// One migration, in one direction: in its transaction, never queueing long for a lock.

import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import { codeOf } from '../errors.ts'
import { DatabaseFailure } from '../failure.ts'
import type { Migration } from '../migrations/index.ts'
import { recordApplied, recordUndone } from './ledger.ts'
import type { Direction, Tell } from './progress.ts'

type Needs = {
  sql: postgres.ISql
  tell: Tell
  /** How long locks are tried for before the migration gives up. */
  lockWaitMs: number
  /** How often a long one says that it still runs. */
  tellEveryMs: number
}

// Whoever waits for a table's lock makes everybody who comes later wait behind it. So never longer
// than this; then step aside, let the traffic through, and try again.
const LOCK_TIMEOUT_MS = 400
const CONTENTION = new Set(['55P03', '40P01'])

/** The first line of a migration that cannot run inside a transaction (`create index concurrently`). */
const NO_TRANSACTION = /^--\s*zerg:\s*no-transaction\s*$/m

export const isTransactional = (text: string): boolean =>
  !NO_TRANSACTION.test(text.split('\n', 1)[0] ?? '')

/** Resolves with how long it took. */
export async function runStep(needs: Needs, migration: Migration, direction: Direction) {
  const { tell, tellEveryMs } = needs
  const { version, name } = migration
  const startedMs = performance.now()
  tell({ kind: 'started', direction, version, name })
  const ticking = setInterval(
    () => tell({ kind: 'running', version, elapsedMs: performance.now() - startedMs }),
    tellEveryMs,
  )
  try {
    await attemptUntilFree(needs, migration, direction)
  } finally {
    clearInterval(ticking)
  }
  const durationMs = Math.round(performance.now() - startedMs)
  tell({ kind: 'done', direction, version, name, durationMs })
  return { version, name, durationMs }
}

async function attemptUntilFree(needs: Needs, migration: Migration, direction: Direction) {
  const startedMs = performance.now()
  for (let attempt = 1; ; attempt++) {
    const error = await attemptStep(needs, migration, direction)
    if (error === undefined) return
    const waitedMs = performance.now() - startedMs
    const by = await findBlocker(needs.sql)
    if (waitedMs > needs.lockWaitMs) throw blocked(migration, { waitedMs, by, error })
    const retryInMs = Math.min(attempt * 250, 3_000) * (0.5 + Math.random())
    needs.tell({ kind: 'blocked', version: migration.version, attempt, retryInMs, by })
    await sleep(retryInMs)
  }
}

/** Resolves with the error where locks were in the way, and nothing was done. */
async function attemptStep({ sql }: Needs, migration: Migration, direction: Direction) {
  try {
    if (isTransactional(migration[direction])) await runWhole(sql, migration, direction)
    else await runInPieces(sql, migration, direction)
    return undefined
  } catch (error) {
    const code = codeOf(error)
    if (CONTENTION.has(code)) return error
    // A missing right is explained by who asked for the run (explain.ts).
    throw code === '42501' ? error : failed(migration, direction, error)
  }
}

async function runWhole(sql: postgres.ISql, migration: Migration, direction: Direction) {
  const startedMs = performance.now()
  try {
    await sql.unsafe(`begin; set local lock_timeout = ${LOCK_TIMEOUT_MS}`)
    await sql.unsafe(migration[direction])
    await record(sql, migration, { direction, startedMs })
    await sql.unsafe('commit')
  } catch (error) {
    await sql.unsafe('rollback').catch(() => undefined)
    throw error
  }
}

// Several statements sent as one text would be one transaction again. Such a migration is repeated
// as a whole after it was cut off, so that its statements have to stand that.
async function runInPieces(sql: postgres.ISql, migration: Migration, direction: Direction) {
  const startedMs = performance.now()
  const statements = migration[direction].split(/;[ \t]*$/m)
  for (const statement of statements) if (/^\s*[^\s-]/m.test(statement)) await sql.unsafe(statement)
  await record(sql, migration, { direction, startedMs })
}

type Run = { direction: Direction; startedMs: number }

const record = (sql: postgres.ISql, migration: Migration, { direction, startedMs }: Run) =>
  direction === 'up'
    ? recordApplied(sql, migration, performance.now() - startedMs)
    : recordUndone(sql, migration)

// The longest transaction is most often the one in the way. Without rights to see others' it is
// not known.
async function findBlocker(sql: postgres.ISql): Promise<string | undefined> {
  const [row] = await sql<{ pid: number; state: string; seconds: number; query: string }[]>`
    select pid, state, extract(epoch from now() - xact_start)::int as seconds,
      left(regexp_replace(query, '\\s+', ' ', 'g'), 80) as query
    from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and xact_start is not null
    order by xact_start limit 1
  `
  return row && `session ${row.pid} (${row.state} for ${row.seconds} s: ${row.query})`
}

function failed(migration: Migration, direction: Direction, error: unknown) {
  const { version, name } = migration
  const left = isTransactional(migration[direction])
    ? 'nothing of it was done'
    : 'what came before the failing statement stays done'
  const reason = error instanceof Error ? error.message : String(error)
  return new DatabaseFailure(
    `Migration ${version} (${name}) failed, and ${left}: ${reason}.`,
    'Remove what the message names and run the command again; what was applied before stays applied.',
    error,
  )
}

type Blocked = { waitedMs: number; by: string | undefined; error: unknown }

const blocked = ({ version, name }: Migration, { waitedMs, by, error }: Blocked) =>
  new DatabaseFailure(
    `Migration ${version} (${name}) could not get its locks for ${Math.round(waitedMs / 1_000)} s; nothing of it was done.` +
      (by ? ` In the way is perhaps ${by}.` : ''),
    'Wait until that transaction has ended, or end it: select pg_terminate_backend(pid); then run the command again.',
    error,
  )
