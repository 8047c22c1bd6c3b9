// Each filter of the audit log finds its page by an index, however rare what it asks for, and so does
// the sealer, in many months of entries.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { listStatement } from '#features/audit/repository.ts'
import type { AuditFilter } from '#features/audit/model.ts'
import { byIndex } from '#platform/audit/by-index.ts'
import { readyStatement, START } from '#platform/audit/seals-table.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { type Node, workIn, workOf } from '../../support/plans.ts'
import { postgresVersions } from '../../support/postgres.ts'

const ENTRIES = 60_000
const MONTHS = 6
const PAGE = 51

const uuid = (n: string) => `('0000000a-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`
const idOf = (n: number) => `0000000a-0000-7000-8000-${n.toString(16).padStart(12, '0')}`

// Entry 5 is the only one of its kind, far from both ends; the others are of a few kinds.
const FILTERS: readonly (readonly [string, AuditFilter])[] = [
  ['nothing', {}],
  ['a rare action', { action: 'things.rare' }],
  ['a common action', { action: 'things.change' }],
  ['a rare kind', { kind: 'rare' }],
  ['a subject', { subject_id: 'subject-5' }],
  ['a rare caller', { caller_id: idOf(500) }],
  ['a rare key', { caller_id: idOf(7_777) }],
  ['a rare user', { user_id: idOf(500) }],
  ['an outcome', { outcome: 'refused' }],
  ['a request', { request_id: 'request-5' }],
  ['a common action of one user', { action: 'things.change', user_id: idOf(500) }],
]

const versions = postgresVersions.filter(version => version !== 'system')

describe.each(versions)('on PostgreSQL %s', version => {
  let opened: OpenedDatabase
  let on: Runner
  beforeAll(async () => {
    opened = await openPostgres(version)
    on = opened.database.on(AbortSignal.timeout(120_000))
    for (const statement of STATEMENTS) await on.run(sql => sql.unsafe(statement))
  }, 120_000)
  afterAll(async () => await opened?.close())

  test.each(FILTERS)('%s is found by an index', async (_, filter) => {
    for (const descending of [true, false]) {
      const statement = listStatement({ filter, descending, after: undefined, limit: PAGE })
      const work = await workOf(on, statement, 'force_custom_plan')
      // Where a partition has not a page, reading all of it is nothing.
      expect(work.scanned.filter(isFilled)).toEqual([])
      expect(work.rowsRead).toBeLessThanOrEqual(PAGE * (MONTHS + 4) * 2)
    }
  })

  test('a later page costs what is on it', async () => {
    const after = { atMs: Date.parse('2020-04-01T00:00:00Z'), seq: 1 }
    const statement = listStatement({ filter: {}, descending: true, after, limit: PAGE })
    const work = await workOf(on, statement, 'force_custom_plan')
    expect(work.scanned).toEqual([])
    expect(work.rowsRead).toBeLessThanOrEqual(PAGE * 4)
  })

  // With all of them waiting, each batch costs what is in it, and not what waits.
  test('the sealer reads as many entries as it seals', async () => {
    const { text, values } = readyStatement(START, { limit: 100 })
    const rows = await byIndex(opened.database, AbortSignal.timeout(20_000), tx =>
      tx.run(sql =>
        sql.unsafe<{ 'QUERY PLAN': { Plan: Node }[] }[]>(
          `explain (analyze, timing off, format json) ${text}`,
          values,
        ),
      ),
    )
    const work = workIn(rows[0]!['QUERY PLAN'][0]!.Plan)
    expect(work.scanned).toEqual([])
    expect(work.rowsRead).toBeLessThanOrEqual(100 + MONTHS + 4)
    expect(work.rowsSorted).toBeLessThanOrEqual(100)
  })
})

// The months of long ago; the default partition and those of today have no entries.
const isFilled = (table: string) => table.startsWith('audit_entries_y2020')

const STATEMENTS = [
  `select ${Array.from({ length: MONTHS }, (_, month) => `audit_make_partition('2020-0${month + 1}-01')`).join(', ')}`,
  `insert into audit_entries (seq, at, caller_kind, caller_id, user_id, via, request_id, action,
     kind, subject_id, outcome, after)
   select n, '2020-01-01T00:00:00Z'::timestamptz + n * (interval '${MONTHS * 30} days' / ${ENTRIES}),
     case when n % 100 = 77 then 'key' else 'user' end,
     case when n % 100 = 77 then ${uuid('7000 + n % 1000')} else ${uuid('n % 200 + case when n = 5 then 495 else 0 end')} end,
     case when n % 100 = 77 then ${uuid('n % 200')} else ${uuid('n % 200 + case when n = 5 then 495 else 0 end')} end,
     'http', 'request-' || n, case when n = 5 then 'things.rare' else 'things.change' end,
     case when n = 5 then 'rare' else 'thing' end, 'subject-' || n,
     case when n % 1000 = 0 then 'refused' else 'done' end, '{"title": "a title"}'
   from generate_series(1, ${ENTRIES}) n`,
  'vacuum analyze audit_entries',
]
