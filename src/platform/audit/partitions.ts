// The months of the audit log, each a partition of its own, made before it begins.

import { setTimeout as sleep } from 'node:timers/promises'
import { isAppError } from '#lib/errors.ts'
import type { Runner } from '../postgres/database.ts'

const MONTHS_AHEAD = 2

/** Makes those that are missing; resolves with how many that were. */
export async function makePartitions(on: Runner, ahead = MONTHS_AHEAD): Promise<number> {
  const [row] = await on.run(
    sql => sql<{ made: number }[]>`select audit_make_partitions(${ahead}) as made`,
  )
  return row?.made ?? 0
}

/** The same, and again soon where somebody was in the way: the lock is never waited for long. */
export async function makePartitionsPatiently(on: Runner, signal: AbortSignal): Promise<number> {
  for (;;) {
    try {
      return await makePartitions(on)
    } catch (error) {
      if (!isAppError(error, 'database_busy')) throw error
      await sleep(500 + Math.random() * 1_500, undefined, { signal })
    }
  }
}
