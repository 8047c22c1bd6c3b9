// A list of one's own projects costs what is one's own, however many projects others have: at 100,000,
// the database's own counts of what it read and sorted.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { listStatement, type Listing } from '#features/projects/listing.ts'
import { PROJECTS } from '#features/projects/index.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { projectId, userId } from '../../../bench/lists/many-tasks.ts'
import { type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { PLANNINGS, workOf } from '../../support/plans.ts'
import { postgresVersions } from '../../support/postgres.ts'

const PROJECTS_COUNT = 100_000
const CREATORS = 100
const PAGE = 51

// The indexes of memberships, and the one that leads from each to its project.
const OWN = /^(project_members_user_id_.*|projects_pkey)$/

// How many projects each is a member of, without having created any.
const MEMBERS = [
  [1_000, 0],
  [1_001, 1],
  [1_002, 200],
  [1_003, 5_000],
] as const

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

  const CONDITIONS: readonly (readonly [string, Pick<Listing, 'filter' | 'after'>])[] = [
    ['no condition', { filter: {}, after: undefined }],
    ['a status', { filter: { status: 'archived' }, after: undefined }],
    // Whoever has created many, among whom the planner might look for the few.
    ['a creator of many', { filter: { owner_id: userId(7) }, after: undefined }],
    ['a later page', { filter: {}, after: { key: '', id: projectId(50_000) } }],
  ]

  test.each(CONDITIONS)('one’s own by %s are read by one’s memberships', async (_, condition) => {
    for (const [user, count] of MEMBERS)
      for (const column of ['created_at', 'updated_at', 'name'] as const) {
        const { relations } = PROJECTS.list
        const reach = { userId: userId(user), relations }
        const key = column === 'name' ? 'Project 50000' : '2026-11-01T00:00:00.000Z'
        const after = condition.after && { ...condition.after, key }
        const sort = { column, descending: column !== 'name' }
        const statement = listStatement({ ...condition, after, reach, sort, limit: PAGE })
        for (const planning of PLANNINGS) {
          const work = await workOf(on, statement, planning)
          expect(work.scanned).toEqual([])
          expect(work.indexes.filter(index => !OWN.test(index))).toEqual([])
          // The memberships, and the project of each.
          expect(work.rowsRead).toBeLessThanOrEqual(2 * count)
          expect(work.rowsSorted).toBeLessThanOrEqual(count)
        }
      }
  })
})

const uuid = (kind: string, n: string) =>
  `('${kind}-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`

const STATEMENTS = [
  `insert into users (id, name)
   select ${uuid('0000000a', 'n')}, 'User ' || n from generate_series(0, 1999) n`,
  `insert into projects (id, name, owner_id, status, created_at)
   select ${uuid('0000000b', 'n')}, 'Project ' || n, ${uuid('0000000a', `n % ${CREATORS}`)},
     case when n % 10 = 0 then 'archived' else 'active' end, now() - n * interval '1 hour'
   from generate_series(0, ${PROJECTS_COUNT - 1}) n`,
  `insert into project_members (project_id, user_id, role)
   select id, owner_id, 'owner' from projects`,
  ...MEMBERS.map(
    ([user, count]) => `insert into project_members (project_id, user_id, role)
   select ${uuid('0000000b', `n * ${Math.floor(PROJECTS_COUNT / Math.max(1, count))}`)}, '${userId(user)}', 'viewer'
   from generate_series(0, ${count - 1}) n`,
  ),
  ...['users', 'projects', 'project_members'].map(table => `vacuum analyze ${table}`),
]
