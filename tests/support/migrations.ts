// Sessions to migrate on, and what a schema looks like from outside.

import type postgres from 'postgres'
import { createMigrator } from '#platform/postgres/migrate/migrator.ts'
import type { Progress } from '#platform/postgres/migrate/progress.ts'
import { openSession } from '#platform/postgres/migrate/session.ts'
import type { Migration } from '#platform/postgres/migrations/index.ts'
import { defaults, never, recordingLog } from './open-database.ts'

type Given = {
  known?: readonly Migration[]
  lockWaitMs?: number
  turnWaitMs?: number
  tellEveryMs?: number
}

/** Runs `work` with a migrator on a session of its own; `told` is its progress. */
export async function withMigrator<T>(
  url: string,
  work: (migrator: ReturnType<typeof createMigrator>, told: Progress[]) => Promise<T>,
  given: Given = {},
): Promise<T> {
  const { log } = recordingLog()
  const session = await openSession({
    source: { url },
    settings: defaults,
    log,
    waitMs: 5_000,
    signal: never,
  })
  const told: Progress[] = []
  try {
    return await work(
      createMigrator({ sql: session.sql, tell: it => told.push(it), ...given }),
      told,
    )
  } finally {
    await session.close()
  }
}

/** Every table, column, constraint, index, function and trigger of the schema, as text. */
export async function describeSchema(sql: postgres.Sql): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    select format('column %s.%s %s %s %s', table_name, column_name, udt_name, is_nullable, column_default)
      as line
    from information_schema.columns where table_schema = 'public'
    union all
    select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint where connamespace = 'public'::regnamespace
    union all
    select 'index ' || indexdef from pg_indexes where schemaname = 'public'
    union all
    select 'function ' || pg_get_functiondef(oid) from pg_proc
    where pronamespace = 'public'::regnamespace
    union all
    select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    order by 1`
  return rows.map(({ line }) => line)
}

/** A migration made up for a test. */
export const madeUp = (version: number, up: string, down = 'select 1;'): Migration => ({
  version,
  name: `made_up_${version}`,
  up,
  down,
})
