// No list reads more than its page shows, however many tasks there are: at 200,000, the database's
// own counts of what it read and sorted.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { TASKS } from '#features/tasks/policy.ts'
import { listStatement } from '#features/tasks/listing.ts'
import type { Listing, Sort } from '#features/tasks/ordering.ts'
import type { TaskFilter } from '#features/tasks/model.ts'
import { searchStatement } from '#features/tasks/searching.ts'
import { listStatement as projectStatement } from '#features/projects/listing.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { insertManyTasks, MEMBER, projectId, userId } from '../../../bench/lists/many-tasks.ts'
import { type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { PLANNINGS, type Work, workOf } from '../../support/plans.ts'
import { postgresVersions } from '../../support/postgres.ts'

const COUNT = 200_000
const PAGE = 51
// At most six parts are merged: two statuses or three, with and without a due date.
const MERGED_MAX = 6 * PAGE

const FILTERS: readonly (readonly [string, TaskFilter])[] = [
  ['no condition', {}],
  ['a common status', { status: 'done' }],
  ['a rare status', { status: 'in_progress' }],
  ['a rare priority', { priority: 'urgent' }],
  ['being done', { completed: true }],
  ['not being done', { completed: false }],
  ['a large project', { project_id: projectId(0) }],
  ['a small project', { project_id: projectId(900) }],
  ['a project that has none', { project_id: projectId(5_000) }],
  ['a busy assignee', { assignee_id: userId(0) }],
  ['an assignee', { assignee_id: userId(150) }],
  ['an owner', { owner_id: userId(150) }],
]

const ANY = { reach: 'any', limit: PAGE, offset: 0 } as const
// They see a quarter of all tasks.
const MEMBERS: Pick<Listing, 'reach' | 'limit' | 'offset'> = {
  ...ANY,
  reach: { userId: MEMBER, relations: TASKS.list.relations },
}

const SORTS = (['created_at', 'updated_at', 'due_date'] as const).flatMap(column =>
  [true, false].map((descending): Sort => ({ column, descending })),
)

const versions = postgresVersions.filter(version => version !== 'system')

describe.each(versions)('on PostgreSQL %s', version => {
  let opened: OpenedDatabase
  let on: Runner
  beforeAll(async () => {
    opened = await openPostgres(version)
    on = opened.database.on(AbortSignal.timeout(240_000))
    await insertManyTasks(on, COUNT)
  }, 240_000)
  afterAll(async () => await opened?.close())

  test.each(FILTERS)(
    'tasks by %s are read by an index in every order, from any page on',
    async (_, filter) => {
      for (const sort of SORTS)
        for (const after of [undefined, await middle(filter, sort)]) {
          const statement = listStatement({ ...ANY, filter, sort, after })
          for (const planning of PLANNINGS)
            expectPage(await workOf(on, statement!, planning), MERGED_MAX)
        }
    },
  )

  // A range of one thing in the order of another is what no index can serve: the order's own is
  // walked past what the range leaves out, or what the range holds is sorted.
  test.each([
    ['before', { due_before: '2026-02-01T00:00:00.000Z' }],
    ['after', { due_after: '2026-12-01T00:00:00.000Z' }],
  ] as const)(
    'tasks due %s a moment are read by an index, in order of due date',
    async (_, filter) => {
      for (const sort of SORTS) {
        const listing: Listing = { ...ANY, filter, sort, after: undefined }
        const work = await workOf(on, listStatement(listing)!, 'force_custom_plan')
        if (sort.column === 'due_date') expectPage(work, PAGE)
        expect(work.scanned).toEqual([])
      }
    },
  )

  test.each([
    ['that begins a word of every title', ['w']],
    ['that is common', ['wa0']],
    ['that is rare', ['wd1a2']],
    ['that begins nothing', ['zebra']],
  ])('a search for a word %s reads the index of words', async (_, words) => {
    for (const planning of PLANNINGS) {
      const search = { ...ANY, words, filter: {}, after: undefined }
      const work = await workOf(on, searchStatement(search)!, planning)
      // Each row of the index leads to its task, and to a check of the task's own words.
      expectPage(work, 8 * PAGE)
      expect(work.indexes).toContain('task_words_pkey')
    }
  })

  // Up to 2,000 tasks that meet the conditions are looked through; where more do, the walk along the
  // words soon meets enough of them.
  test.each(FILTERS.slice(1))(
    'a search for what is in every title, by %s, ends soon',
    async (_, filter) => {
      for (const planning of PLANNINGS) {
        const search = { ...ANY, words: ['wb', 'wa'], filter, after: undefined }
        const work = await workOf(on, searchStatement(search)!, planning)
        expect(work.scanned).toEqual([])
        // Where there are so few at all, fetching them may sort them, and then their words do.
        expect(work.rowsSorted).toBeLessThanOrEqual(2 * 2_000 + MERGED_MAX)
        expect(work.rowsRead).toBeLessThanOrEqual(20_000)
      }
    },
  )

  // Each project gives a task or two, and those that reach far enough a few more.
  test('tasks of a user with 200 projects are read by an index in every order, from any page on', async () => {
    for (const sort of SORTS)
      for (const after of [undefined, await middle({}, sort)])
        for (const planning of PLANNINGS) {
          const work = await workOf(
            on,
            listStatement({ ...MEMBERS, filter: {}, sort, after })!,
            planning,
          )
          expectPage(work, 1_500)
        }
  })

  // So many that fit are looked at first; where not enough of them may be seen, the projects are
  // walked.
  test.each(FILTERS.slice(1))(
    'tasks of a user with 200 projects by %s are read by an index in every order',
    async (_, filter) => {
      for (const sort of SORTS)
        for (const planning of PLANNINGS) {
          const listing = { ...MEMBERS, filter, sort, after: undefined }
          expectPage(await workOf(on, listStatement(listing)!, planning), 6_000)
        }
    },
  )

  test('a search among the tasks of a user with 200 projects ends soon', async () => {
    for (const words of [['w'], ['wb', 'wa'], ['wd1a2'], ['zebra']])
      for (const planning of PLANNINGS) {
        const search = { ...MEMBERS, words, filter: {}, after: undefined }
        const work = await workOf(on, searchStatement(search)!, planning)
        expectPage(work, 2_001 + 200 + 20 * PAGE)
      }
  })

  test('projects are read by an index by every condition in every order', async () => {
    const filters = [{}, { status: 'archived' }, { owner_id: userId(7) }] as const
    for (const filter of filters)
      for (const column of ['created_at', 'updated_at', 'name'] as const) {
        const sort = { column, descending: column !== 'name' }
        const page = { filter, sort, after: undefined, limit: PAGE }
        const statement = projectStatement({ ...page, reach: 'any' })
        expectPage(await workOf(on, statement, 'force_generic_plan'), PAGE)
      }
  })

  // Half-way through what there is, so that the page before has nothing to do with it.
  async function middle(filter: TaskFilter, sort: Sort): Promise<Listing['after']> {
    const page = { reach: 'any', limit: 1, offset: 1_000 } as const
    const statement = listStatement({ ...page, filter, sort, after: undefined })!
    const [row] = await on.run(sql =>
      sql.unsafe<{ id: string; [column: string]: string }[]>(statement.text, statement.values),
    )
    return row && { key: row[sort.column] ?? null, id: row.id }
  }
})

function expectPage(work: Work, rowsMax: number): void {
  expect(work.scanned).toEqual([])
  expect(work.rowsSorted).toBeLessThanOrEqual(rowsMax)
  expect(work.rowsRead).toBeLessThanOrEqual(rowsMax)
}
