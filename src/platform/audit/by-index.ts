// Entries in the order of the chain, read along their index. Left to itself, PostgreSQL expects only
// a few of what has no upper bound, and would rather collect and sort all of it: with a million
// entries waiting, a million for every two thousand.

import type { Database, Runner } from '../postgres/database.ts'

export async function byIndex<T>(
  database: Pick<Database, 'transaction'>,
  signal: AbortSignal,
  work: (on: Runner) => Promise<T>,
): Promise<T> {
  return await database.transaction(signal, async tx => {
    await tx.run(
      sql => sql`
        select set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true),
          set_config('enable_bitmapscan', 'off', true)`,
    )
    return await work(tx)
  })
}
