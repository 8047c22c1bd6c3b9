// The rows of `process_runs`. Time is the database's throughout: instances need not agree on theirs.

import type { Runner } from '../postgres/database.ts'
import type { ShutdownReport } from './report.ts'

export type EndedRun = {
  id: string
  instance: string
  version: string
  started_at: string
  ended_at: string
  /** `unclean`: nobody filled in the row, so the process was killed, or its machine was. */
  outcome: ShutdownReport['outcome'] | 'unclean'
  report: ShutdownReport | null
}

type Row = Omit<EndedRun, 'outcome'>

const KEPT_ROWS = 200

export async function open(on: Runner, run: { id: string; instance: string; version: string }) {
  await on.run(
    sql => sql`
      insert into process_runs (id, instance, version)
      values (${run.id}, ${run.instance}, ${run.version})`,
  )
}

/** False where the row was taken for a dead one's meanwhile. */
export async function renew(on: Runner, id: string): Promise<boolean> {
  const rows = await on.run(
    sql => sql`
      update process_runs set seen_at = now()
      where id = ${id} and taken_by is null
      returning id`,
  )
  return rows.length > 0
}

export async function fill(on: Runner, id: string, report: ShutdownReport) {
  await on.run(
    sql => sql`
      update process_runs
      set report = ${JSON.stringify(report)}::text::jsonb, ended_at = now(), seen_at = now()
      where id = ${id} and taken_by is null`,
  )
}

/**
 * Ends that nobody has counted yet. Each is given to one asker only. Rows without a report count as
 * ends when they were not renewed for `staleMs`; never where that is null.
 */
export async function takeUp(
  on: Runner,
  { id, staleMs }: { id: string; staleMs: number | null },
): Promise<EndedRun[]> {
  const rows = await on.run<Row[]>(
    sql => sql`
      update process_runs
      set taken_by = ${id}, ended_at = coalesce(ended_at, seen_at)
      where id in (
        select id from process_runs
        where taken_by is null
          and id <> ${id}
          and (report is not null or seen_at < now() - make_interval(secs => ${staleMs === null ? null : staleMs / 1_000}))
        limit 100
        -- Two that ask at once do not wait for each other, and do not get the same.
        for update skip locked
      )
      returning id, instance, version, started_at, ended_at, report`,
  )
  return rows.map(toEnded)
}

export async function latest(on: Runner): Promise<EndedRun | undefined> {
  const [row] = await on.run<Row[]>(
    sql => sql`
      select id, instance, version, started_at, ended_at, report
      from process_runs
      where ended_at is not null
      order by ended_at desc
      limit 1`,
  )
  return row && toEnded(row)
}

/** Only what has been counted is forgotten. */
export async function prune(on: Runner) {
  await on.run(
    sql => sql`
      delete from process_runs
      where taken_by is not null
        and id in (
          select id from process_runs
          where ended_at is not null
          order by ended_at desc
          offset ${KEPT_ROWS}
        )`,
  )
}

const toEnded = (row: Row): EndedRun => ({ ...row, outcome: row.report?.outcome ?? 'unclean' })
