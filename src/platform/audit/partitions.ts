// The months of the audit log, each a partition of its own, made before it begins.

import type { Runner } from '../postgres/database.ts'

const MONTHS_AHEAD = 2

/** Makes those that are missing; resolves with how many that were. */
export async function makePartitions(on: Runner, ahead = MONTHS_AHEAD): Promise<number> {
  const [row] = await on.run(
    sql => sql<{ made: number }[]>`select audit_make_partitions(${ahead}) as made`,
  )
  return row?.made ?? 0
}
