// What every list and search of tasks has to do; tasks.ts has the rest.

import { describe, expect, test } from 'bun:test'
import { BUILT_IN_USER_ID } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import type { Task } from '#features/tasks/model.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import type { callBy } from '../databases.ts'
import { rejection } from '../eventually.ts'

export type Kit = {
  tasks: Tasks
  make(given?: Partial<Parameters<Tasks['create']>[1]>): Promise<Task>
  project(): Promise<string>
  user(): Promise<string>
  call: typeof callBy
}

type Query = Parameters<Tasks['list']>[1]

/** The part of the suite about lists and searches. */
export function listing(kit: () => Kit) {
  const walk = async (query: Query, limit = 3) => {
    const seen: Task[] = []
    let cursor: string | null | undefined
    do {
      const page = await kit().tasks.list(kit().call(), {
        ...query,
        limit,
        ...(cursor && { cursor }),
      })
      expect(page.data.length).toBeLessThanOrEqual(limit)
      seen.push(...page.data)
      cursor = page.next_cursor
    } while (cursor)
    return seen
  }
  const ids = (tasks: readonly Task[]) => tasks.map(({ id }) => id)

  // Ten tasks that differ in everything that lists ask about, in a project of their own.
  const ten = async () => {
    const { make, project, user } = kit()
    const [project_id, assignee_id] = [await project(), await user()]
    const made: Task[] = []
    for (let n = 0; n < 10; n++)
      made.push(
        await make({
          title: `Numbered ${n}`,
          project_id,
          status: (['todo', 'in_progress', 'done'] as const)[n % 3]!,
          priority: (['low', 'medium', 'high', 'urgent'] as const)[n % 4]!,
          assignee_id: n % 2 ? assignee_id : null,
          // Two have the same, three have none.
          due_date: n % 4 === 3 || n === 0 ? null : `2026-01-0${1 + ((n * 7) % 5)}T00:00:00.000Z`,
        }),
      )
    return { made, project_id, assignee_id }
  }

  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

  const sorted = (tasks: readonly Task[], sort: NonNullable<Query['sort']>) => {
    const column = sort.replace('-', '') as 'created_at' | 'updated_at' | 'due_date'
    const turn = sort.startsWith('-') ? -1 : 1
    return tasks.toSorted((a, b) => {
      const [left, right] = [a[column], b[column]]
      if (left === null || right === null)
        return left === right ? turn * compare(a.id, b.id) : left === null ? 1 : -1
      return turn * (compare(left, right) || compare(a.id, b.id))
    })
  }

  describe('listing', () => {
    test.each([
      'created_at',
      '-created_at',
      'updated_at',
      '-updated_at',
      'due_date',
      '-due_date',
    ] as const)('in the order of %s shows every task once, over pages of any size', async sort => {
      const { made, project_id } = await ten()
      await kit().tasks.change(kit().call(), made[4]!.id, { description: 'later' })
      const now = await kit().tasks.batchGet(kit().call(), ids(made))
      for (const limit of [1, 3, 10, 200]) {
        const seen = await walk({ project_id, sort }, limit)
        expect(seen).toEqual(sorted(now, sort))
      }
    })

    test('begins with the newest unless told otherwise', async () => {
      const { made, project_id } = await ten()
      expect(await walk({ project_id })).toEqual(sorted(made, '-created_at'))
    })

    type Case = [name: string, query: Query, fits: (task: Task) => boolean]
    test.each<Case>([
      ['a status', { status: 'todo' }, ({ status }) => status === 'todo'],
      ['a priority', { priority: 'urgent' }, ({ priority }) => priority === 'urgent'],
      ['being done', { completed: true }, ({ completed }) => completed],
      ['not being done', { completed: false }, ({ completed }) => !completed],
      [
        'two conditions',
        { status: 'done', priority: 'low' },
        task => task.status === 'done' && task.priority === 'low',
      ],
      ['conditions that contradict each other', { status: 'todo', completed: true }, () => false],
      ['an owner', { owner_id: BUILT_IN_USER_ID }, () => true],
      ['an owner who has none', { owner_id: newId() }, () => false],
      [
        'a due date before a moment',
        { due_before: '2026-01-03T00:00:00Z' },
        ({ due_date }) => due_date !== null && due_date < '2026-01-03T00:00:00.000Z',
      ],
      [
        'a due date at a moment or after',
        { due_after: '2026-01-03T01:00:00+01:00' },
        ({ due_date }) => due_date !== null && due_date >= '2026-01-03T00:00:00.000Z',
      ],
    ])('by %s shows those and no others, in every order', async (_, query, fits) => {
      const { made, project_id } = await ten()
      for (const sort of ['-created_at', 'updated_at', 'due_date', '-due_date'] as const)
        expect(await walk({ ...query, project_id, sort })).toEqual(sorted(made.filter(fits), sort))
    })

    test('by assignee shows theirs and no others', async () => {
      const { made, assignee_id } = await ten()
      const theirs = made.filter(task => task.assignee_id === assignee_id)
      expect(await walk({ assignee_id })).toEqual(sorted(theirs, '-created_at'))
    })

    test('a page that holds all names no next one', async () => {
      const { project_id } = await ten()
      const page = await kit().tasks.list(kit().call(), { project_id, limit: 10 })
      expect(page.data).toHaveLength(10)
      expect(page.next_cursor).toBeNull()
    })

    test('skips as many as the offset says', async () => {
      const { made, project_id } = await ten()
      const order = sorted(made, '-created_at')
      const page = await kit().tasks.list(kit().call(), { project_id, limit: 3, offset: 4 })
      expect(page.data).toEqual(order.slice(4, 7))
      const beyond = await kit().tasks.list(kit().call(), { project_id, limit: 3, offset: 50 })
      expect(beyond.data).toEqual([])
    })

    test('while tasks are added and removed shows what was there throughout exactly once', async () => {
      const { made, project_id } = await ten()
      const seen: string[] = []
      let cursor: string | null | undefined
      do {
        const page = await kit().tasks.list(kit().call(), {
          project_id,
          limit: 2,
          ...(cursor && { cursor }),
        })
        seen.push(...ids(page.data))
        cursor = page.next_cursor
        await kit().make({ project_id })
        // The very row that the cursor stands on may go.
        if (seen.length === 4) await kit().tasks.remove(kit().call(), seen[3]!)
      } while (cursor)
      expect(seen).toEqual(ids(sorted(made, '-created_at')))
    })

    test.each([
      ['not a cursor', 'nonsense'],
      ['cut short', 'WzEsIi1jcmVhdGVkX2F0Iiwi'],
      ['of another version', Buffer.from('[9,"-created_at","x","y"]').toString('base64url')],
      [
        'with a position that is no time',
        Buffer.from(`[1,"-created_at","x","${newId()}"]`).toString('base64url'),
      ],
      [
        'with an id that is none',
        Buffer.from('[1,"-created_at","2026-01-01T00:00:00.000Z","x"]').toString('base64url'),
      ],
    ])('refuses a cursor that is %s', async (_, cursor) => {
      expect(await rejection(kit().tasks.list(kit().call(), { cursor }))).toMatchObject({
        code: 'invalid_cursor',
      })
    })

    test('refuses a cursor of another order', async () => {
      const { project_id } = await ten()
      const { next_cursor } = await kit().tasks.list(kit().call(), { project_id, limit: 1 })
      for (const query of [{ sort: 'due_date' }, { q: 'numbered' }] as const)
        expect(
          await rejection(kit().tasks.list(kit().call(), { ...query, cursor: next_cursor! })),
        ).toMatchObject({ code: 'invalid_cursor' })
    })
  })

  describe('searching', () => {
    const titled = async (...titles: string[]) => {
      const project_id = await kit().project()
      for (const title of titles) await kit().make({ title, project_id })
      return async (q: string) =>
        (await walk({ q, project_id }, 2)).map(({ title }) => title).toSorted()
    }

    test('every word of the search has to begin a word of the title', async () => {
      const search = await titled('Write the report', 'Report writing', 'Unwritten', 'Deport them')
      expect(await search('rep')).toEqual(['Report writing', 'Write the report'])
      expect(await search('wri rep')).toEqual(['Report writing', 'Write the report'])
      expect(await search('report the')).toEqual(['Write the report'])
      expect(await search('port')).toEqual([])
    })

    test('case and the form that Unicode is written in make no difference', async () => {
      const search = await titled('CAFÉ au lait', 'ＦＵＬＬ width', 'ΟΔΟΣ', 'İstanbul')
      expect(await search('cafe\u0301')).toEqual(['CAFÉ au lait'])
      expect(await search('full')).toEqual(['ＦＵＬＬ width'])
      expect(await search('οδοσ')).toEqual(['ΟΔΟΣ'])
      expect(await search('i')).toEqual(['İstanbul'])
    })

    test('an emoji is found, and what stands beside it too', async () => {
      const search = await titled('🚀launch')
      expect(await search('🚀')).toEqual(['🚀launch'])
      expect(await search('laun')).toEqual(['🚀launch'])
    })

    test('a task with several words that match is shown once', async () => {
      const search = await titled('report reports reporting', 'repeat report')
      expect(await search('rep')).toEqual(['repeat report', 'report reports reporting'])
      expect(await search('rep re')).toEqual(['repeat report', 'report reports reporting'])
    })

    test('a title is found by its new words and not by its old ones once it has changed', async () => {
      const project_id = await kit().project()
      const task = await kit().make({ title: 'Old shared', project_id })
      await kit().tasks.change(kit().call(), task.id, { title: 'New shared' })
      const found = async (q: string) =>
        ids((await kit().tasks.list(kit().call(), { q, project_id })).data)
      expect(await found('old')).toEqual([])
      expect(await found('new')).toEqual([task.id])
      expect(await found('shared')).toEqual([task.id])
    })

    test('results come by the matched word, then by id', async () => {
      const project_id = await kit().project()
      const [zebra, apple, again] = [
        await kit().make({ title: 'xyzebra', project_id }),
        await kit().make({ title: 'xyapple', project_id }),
        await kit().make({ title: 'xyapple', project_id }),
      ]
      expect(ids(await walk({ q: 'xy', project_id }, 1))).toEqual(ids([apple, again, zebra]))
    })

    test('goes together with conditions', async () => {
      const { made, project_id } = await ten()
      const found = await walk({ q: 'numbered', completed: false, project_id })
      expect(ids(found).toSorted()).toEqual(
        ids(made.filter(({ completed }) => !completed)).toSorted(),
      )
    })

    test('words of any length and kind can be stored and sought', async () => {
      const search = await titled('ﷺ'.repeat(255), 'a'.repeat(255), `${'b'.repeat(64)}c`)
      expect(await search('a'.repeat(255))).toEqual(['a'.repeat(255)])
      expect(await search('b'.repeat(65))).toEqual([`${'b'.repeat(64)}c`])
      expect(await search('صلى')).toEqual(['ﷺ'.repeat(255)])
      expect(await search('100% _')).toEqual([])
    })

    test.each([
      ['without a word', { q: ' - ' }, 'q'],
      ['with an order', { q: 'x', sort: 'due_date' }, 'sort'],
    ] as const)('refuses a search %s', async (_, query, parameter) => {
      expect(await rejection(kit().tasks.list(kit().call(), query))).toMatchObject({
        code: 'invalid_query',
        errors: [{ parameter }],
      })
    })
  })
}
