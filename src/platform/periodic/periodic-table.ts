// The rows of `periodic_tasks`. Time is the database's throughout: instances need not agree on theirs.

import type { Runner } from '../postgres/database.ts'

export type Turn = { name: string; holder: string; leaseMs: number }

export type Ending = { name: string; holder: string; durationMs: number; error: string | null }

export type LastRun = {
  name: string
  holder: string | null
  due_at: string
  started_at: string | null
  finished_at: string | null
  succeeded_at: string | null
  duration_ms: number | null
  error: string | null
  runs: number
  failures: number
}

/** Makes sure that there is a row; it is due at once. */
export async function add(on: Runner, name: string) {
  await on.run(
    sql => sql`insert into periodic_tasks (name) values (${name}) on conflict do nothing`,
  )
}

/** True where it is due and nobody else is at work: then it is ours until the lease ends. */
export async function claim(on: Runner, { name, holder, leaseMs }: Turn): Promise<boolean> {
  const rows = await on.run(
    sql => sql`
      update periodic_tasks
      set holder = ${holder}, started_at = now(),
        lease_until = now() + make_interval(secs => ${leaseMs / 1_000})
      where name = ${name} and due_at <= now() and lease_until <= now()
      returning name`,
  )
  return rows.length > 0
}

/** False where the lease has ended and another took over. */
export async function renew(on: Runner, { name, holder, leaseMs }: Turn): Promise<boolean> {
  const rows = await on.run(
    sql => sql`
      update periodic_tasks set lease_until = now() + make_interval(secs => ${leaseMs / 1_000})
      where name = ${name} and holder = ${holder}
      returning name`,
  )
  return rows.length > 0
}

/** Puts down how it went, gives the lease back, and says when it is due again. */
export async function finish(on: Runner, ending: Ending & { everyMs: number }) {
  const { name, holder, durationMs, error, everyMs } = ending
  await on.run(
    sql => sql`
      update periodic_tasks
      set finished_at = now(), lease_until = now(), holder = ${holder},
        -- From the beginning, so that an interval is one. A little less, since timers are not exact.
        due_at = coalesce(started_at, now()) + make_interval(secs => ${(everyMs * 0.9) / 1_000}),
        succeeded_at = case when ${error}::text is null then now() else succeeded_at end,
        duration_ms = ${Math.round(durationMs)},
        error = ${error},
        runs = runs + 1,
        failures = failures + case when ${error}::text is null then 0 else 1 end
      where name = ${name} and (holder = ${holder} or lease_until <= now())`,
  )
}

/** Every task, as it last went. */
export async function lastRuns(on: Runner): Promise<LastRun[]> {
  const rows = await on.run(
    sql => sql<LastRun[]>`
      select name, holder, due_at, started_at, finished_at, succeeded_at, duration_ms, error, runs,
        failures
      from periodic_tasks order by name`,
  )
  return [...rows]
}
