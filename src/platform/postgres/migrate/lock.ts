// One run of migrations at a time for each database, however many processes start one.

import { setTimeout as sleep } from 'node:timers/promises'
import type postgres from 'postgres'
import { DatabaseFailure } from '../failure.ts'
import type { Tell } from './progress.ts'

type Needs = { sql: postgres.ISql; waitMs: number; tell: Tell }

// "zerg" and "migr" as numbers; advisory locks belong to a database each.
const KEY = [0x7a_65_72_67, 0x6d_69_67_72] as const
const TELL_EVERY_MS = 5_000

/**
 * Runs `work` while no other process migrates this database. Tries instead of waiting in PostgreSQL,
 * so that it can tell that it waits. The end of the session frees the lock too.
 */
export async function withMigrationLock<T>(
  { sql, waitMs, tell }: Needs,
  work: () => Promise<T>,
): Promise<T> {
  const startedMs = performance.now()
  let toldMs = 0
  while (!(await tryLock(sql))) {
    const waitedMs = performance.now() - startedMs
    if (waitedMs > waitMs) throw stillHeld(waitedMs)
    if (waitedMs - toldMs > TELL_EVERY_MS) tell({ kind: 'waiting', waitedMs: (toldMs = waitedMs) })
    await sleep(50 + Math.random() * 150)
  }
  try {
    return await work()
  } finally {
    // A connection that broke has lost the lock already, and the work's own error matters more.
    await sql`select pg_advisory_unlock(${KEY[0]}::int, ${KEY[1]}::int)`.catch(() => undefined)
  }
}

async function tryLock(sql: postgres.ISql): Promise<boolean> {
  const [row] = await sql`select pg_try_advisory_lock(${KEY[0]}::int, ${KEY[1]}::int) as held`
  return row?.['held'] === true
}

const stillHeld = (waitedMs: number) =>
  new DatabaseFailure(
    `Another process has been migrating this database for ${Math.round(waitedMs / 1_000)} s.`,
    "Wait for it; `select pid, query from pg_stat_activity where application_name = 'zerg migrate'` shows it.",
  )
