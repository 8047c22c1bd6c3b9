// A month that nobody prepared is made while entries are written into it: none is refused.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { record } from '#platform/audit/record.ts'
import { makePartitions } from '#platform/audit/partitions.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { callBy, type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { eventually } from '../../support/eventually.ts'
import { postgresVersions } from '../../support/postgres.ts'

const MADE = 6
const WRITERS = 3

describe.each(postgresVersions)('on PostgreSQL %s', version => {
  let opened: OpenedDatabase
  let on: Runner
  beforeAll(async () => {
    opened = await openPostgres(version)
    on = opened.database.on(AbortSignal.timeout(60_000))
  }, 60_000)
  afterAll(async () => await opened?.close())

  test('entries that wait for the partition of their month go into it', async () => {
    const seen = { isOver: false, written: 0 }
    const write = async () => {
      while (!seen.isOver) {
        await record(on, callBy(), {
          action: 'things.change',
          kind: 'thing',
          id: '1',
          outcome: 'done',
        })
        seen.written++
      }
    }
    const writers = Array.from({ length: WRITERS }, write)
    try {
      for (let times = 0; times < MADE; times++) {
        await on.run(sql => sql.unsafe(FORGET))
        const before = seen.written
        await eventually(() => expect(seen.written).toBeGreaterThan(before + 20))
        await makePartitions(on)
      }
    } finally {
      seen.isOver = true
      await Promise.all(writers)
    }
    const [row] = await on.run(
      sql => sql<{ count: number }[]>`select count(*)::int from audit_entries`,
    )
    expect(row?.count).toBe(seen.written)
  }, 60_000)
})

// As if nobody had run for months: what the partition of this one holds is in the default one.
const FORGET = `do $$
declare
  name text := 'audit_entries_' || to_char(now() at time zone 'UTC', '"y"YYYY"m"MM');
begin
  lock table audit_entries in access exclusive mode;
  execute format('alter table audit_entries detach partition %I', name);
  execute format('insert into audit_entries_default select * from %I', name);
  perform set_config('zerg.audit_maintenance', 'on', true);
  execute format('drop table %I', name);
end
$$`
