// The audit log for tests: a sealer with a key of its own, and entries as they stand.

import { createHeadKeys } from '#platform/audit/heads.ts'
import { createSealer } from '#platform/audit/sealer.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import type { Database } from '#platform/postgres/database.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import { recordingLog } from './open-database.ts'

export const SECRET = 'a secret that is only good for tests'

export const testKeys = (secret = SECRET, previous?: string) =>
  createHeadKeys(createSecrets({ secret, previous }))

export function aSealer(database: Database, given: { batchMax?: number; secret?: string } = {}) {
  const { secret, ...more } = given
  const metrics = createMetrics()
  const { log, lines } = recordingLog()
  const sealer = createSealer({ database, keys: testKeys(secret), log, metrics, ...more })
  return { sealer, metrics, lines }
}

export type EntryRow = Record<string, unknown> & { seq: number; xid: string; at: string }

export async function entriesIn(database: Database, subjectId: string): Promise<EntryRow[]> {
  const rows = await database
    .on(AbortSignal.timeout(5_000))
    .run(sql => sql<EntryRow[]>`select * from audit_entries where subject_id = ${subjectId}`)
  return [...rows]
}

/** Does what only a superuser could, past every trigger. */
export async function tamper(database: Database, text: string): Promise<void> {
  await database.transaction(AbortSignal.timeout(10_000), async tx => {
    await tx.run(sql =>
      sql.unsafe<object[]>(`set local session_replication_role = replica; ${text}`),
    )
  })
}

/** As if nobody had run for months: every month is gone, and what it held is in the default one. */
export async function forgetMonths(database: Database): Promise<void> {
  await tamper(
    database,
    `do $$
    declare
      month record;
    begin
      lock table audit_entries in access exclusive mode;
      for month in
        select inhrelid::regclass as name from pg_inherits
        where inhparent = 'audit_entries'::regclass
          and inhrelid <> 'audit_entries_default'::regclass
      loop
        execute format('alter table audit_entries detach partition %s', month.name);
        execute format('insert into audit_entries_default select * from %s', month.name);
        execute format('drop table %s', month.name);
      end loop;
    end
    $$`,
  )
}
