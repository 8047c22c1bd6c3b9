// What a PostgreSQL server does in processes of its own, beside the sessions: checkpoints, and
// clearing away old versions of rows. Without the first the log would grow until the end, and a
// start after a crash would take as long; without the second tables would, and plans go stale.

import type { Log } from '../observability/log.ts'
import type { Engine } from './engine.ts'
import { errorText, findError, firstValue, queryMessage } from './wire.ts'

const EVERY_LOG_BYTES = 16 * 1024 ** 2

// The table that needs it most, by the thresholds of autovacuum (with a higher floor). One at a
// time, since everybody waits meanwhile; the others have their turn after as much log again.
const MOST_IN_NEED = `
  select format('vacuum (analyze) %I.%I', schemaname, relname) from pg_stat_user_tables
  where n_dead_tup > 1000 + 0.2 * n_live_tup or n_mod_since_analyze > 1000 + 0.1 * n_live_tup
  order by n_dead_tup + n_mod_since_analyze desc limit 1
`

export type Upkeep = {
  isDue(postgres: Engine): boolean
  /** To be called when no client is in a transaction. */
  run(postgres: Engine): void
}

export function createUpkeep({ log }: { log: Log }): Upkeep {
  return {
    isDue: postgres => postgres.failure() === undefined && postgres.logBytes() >= EVERY_LOG_BYTES,
    run,
  }

  function run(postgres: Engine) {
    const startedMs = performance.now()
    say(postgres, 'checkpoint')
    const vacuum = firstValue(say(postgres, MOST_IN_NEED))
    if (vacuum !== undefined) say(postgres, vacuum)
    postgres.forgetLogBytes()
    log.debug({ durationMs: performance.now() - startedMs, vacuum }, 'embedded_upkeep')
  }

  function say(postgres: Engine, sql: string): Buffer {
    if (postgres.failure()) return Buffer.alloc(0)
    const answer = postgres.exchange(queryMessage(sql))
    const refusal = findError(answer)
    if (refusal) log.warn({ reason: errorText(refusal) }, 'embedded_upkeep_failed')
    return answer
  }
}
