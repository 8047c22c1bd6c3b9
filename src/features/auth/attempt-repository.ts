// Failed sign-ins in PostgreSQL, so that every instance holds them.

import type { Runner } from '#platform/postgres/database.ts'
import type { Attempt } from './attempts.ts'

export type AttemptRepository = ReturnType<typeof createAttemptRepository>

export function createAttemptRepository() {
  return { waitOf, count, clear, takeBack, forget }

  /** Whole seconds until the attempt is looked at; 0 where it may be now. */
  async function waitOf(on: Runner, { network, account }: Attempt): Promise<number> {
    const [found] = await on.run(sql =>
      sql.unsafe<{ wait_s: number }[]>(WAIT, [network, account], PREPARED),
    )
    return found?.wait_s ?? 0
  }

  /** False where the subject has to wait. `free` failures have no consequence. */
  async function count(on: Runner, subject: Buffer, free: number): Promise<boolean> {
    const rows = await on.run(sql => sql.unsafe<object[]>(COUNT, [subject, free], PREPARED))
    return rows.length > 0
  }

  /** The account's failures are forgotten; its network has one fewer. */
  async function clear(on: Runner, { network, account }: Attempt): Promise<void> {
    await on.run(sql => sql.unsafe(CLEAR, [account, network], PREPARED))
  }

  /** Each has one failure fewer. */
  async function takeBack(on: Runner, { network, account }: Attempt): Promise<void> {
    await on.run(sql => sql.unsafe(TAKE_BACK, [network, account], PREPARED))
  }

  /** Returns how many were of no consequence any more. */
  async function forget(on: Runner): Promise<number> {
    return (await on.run(sql => sql.unsafe<object[]>(FORGET))).length
  }
}

const PREPARED = { prepare: true } as const

/** After an hour without a failure those before are forgotten. */
const MEMORY = `interval '1 hour'`
/** The longest that a next attempt has to wait. */
const DELAY_MAX_S = 300

const WAIT = `select coalesce(
    greatest(0, ceil(extract(epoch from max(waits_until) - clock_timestamp()))), 0)::integer as wait_s
  from sign_in_failures where subject in ($1, $2)`

// Doubles from one second on. The sum is made within the statement, so that of many at the same
// moment each meets what the one before has left.
const DELAY = (failures: string) => `case when ${failures} > $2::integer
    then make_interval(secs => least(${DELAY_MAX_S}, 2.0 ^ least(20, ${failures} - $2::integer - 1)))
    else interval '0' end`

const FAILURES = `case when f.failed_at < clock_timestamp() - ${MEMORY} then 1 else f.failures + 1 end`

const COUNT = `insert into sign_in_failures as f (subject, failures, failed_at, waits_until)
  values ($1, 1, clock_timestamp(), clock_timestamp() + ${DELAY('1')})
  on conflict (subject) do update set
    failures = ${FAILURES},
    failed_at = clock_timestamp(),
    waits_until = clock_timestamp() + ${DELAY(`(${FAILURES})`)}
  where f.waits_until <= clock_timestamp()
  returning 1`

const CLEAR = `with cleared as (delete from sign_in_failures where subject = $1)
  update sign_in_failures set failures = failures - 1, waits_until = clock_timestamp()
  where subject = $2 and failures > 0`

const TAKE_BACK = `update sign_in_failures
  set failures = failures - 1, waits_until = clock_timestamp()
  where subject in ($1, $2) and failures > 0`

const FORGET = `delete from sign_in_failures where failed_at < now() - ${MEMORY} returning 1`
