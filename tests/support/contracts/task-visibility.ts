// What lists and searches show somebody who may not see everything: all that they may, each once, in
// order, and nothing else.

import { describe, expect, test } from 'bun:test'
import type { Task } from '#features/tasks/model.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import type { Call } from '#lib/call.ts'
import { newId } from '#lib/id.ts'
import { asUser } from '../callers.ts'
import { type World } from '../task-places.ts'

type Kit = () => { tasks: Tasks; world: World }
type Query = Parameters<Tasks['list']>[1]

const SORTS = [
  'created_at',
  '-created_at',
  'updated_at',
  '-updated_at',
  'due_date',
  '-due_date',
] as const

/** The part of the suite about who sees what in lists. */
export function visibility(kit: Kit) {
  const walk = async (call: Call, query: Query, limit: number) => {
    const seen: Task[] = []
    let cursor: string | null | undefined
    do {
      const page = await kit().tasks.list(call, { ...query, limit, ...(cursor && { cursor }) })
      expect(page.data.length).toBeLessThanOrEqual(limit)
      seen.push(...page.data)
      cursor = page.next_cursor
    } while (cursor)
    return seen
  }
  const titles = (tasks: readonly Task[]) => tasks.map(({ title }) => title)

  // Somebody with tasks in every relation, among others' tasks; several stand in more than one.
  const setup = async () => {
    const { tasks, world } = kit()
    const word = `w${newId().replaceAll('-', '')}`
    const [me, other] = [await world.insertUser(), await world.insertUser()]
    const [mine, viewed, theirs] = [
      await world.insertProject(),
      await world.insertProject(),
      await world.insertProject(),
    ]
    for (const project of [mine, viewed, theirs]) await world.putMember(project, other, 'owner')
    await world.putMember(mine, me, 'editor')
    await world.putMember(viewed, me, 'viewer')
    const admin = asUser(newId(), ['admin'])
    const [byMe, byOther] = [asUser(me), asUser(other)]
    const visible = new Set<string>()
    let n = 0
    const make = async (
      call: Call,
      given: Partial<Parameters<Tasks['create']>[1]>,
      isMine = true,
    ) => {
      n += 1
      const task = await tasks.create(call, {
        title: `${word} ${n}`,
        status: (['todo', 'in_progress', 'done'] as const)[n % 3]!,
        priority: n % 4 === 0 ? 'urgent' : 'low',
        due_date: n % 3 === 0 ? null : `2026-02-0${1 + ((n * 5) % 9)}T00:00:00.000Z`,
        ...given,
      })
      if (isMine) visible.add(task.id)
      return task
    }
    for (let round = 0; round < 3; round++) {
      await make(byMe, {})
      await make(byOther, {}, false)
      await make(byMe, { assignee_id: me })
      await make(byMe, { project_id: mine, assignee_id: me })
      await make(byOther, { project_id: mine })
      await make(byOther, { project_id: theirs }, false)
      await make(byOther, { project_id: viewed, assignee_id: other })
      // Given to somebody who is no member of where it is.
      const given = await make(byOther, { project_id: theirs })
      await tasks.change(admin, given.id, { assignee_id: me })
      // One's own in a project that one was a member of.
      const own = await make(byMe, { project_id: mine })
      await tasks.change(admin, own.id, { project_id: theirs })
    }
    const everything = await walk(admin, { q: word }, 200)
    const mayBeSeen = everything.filter(({ id }) => visible.has(id))
    return { word, me, other, mine, viewed, theirs, visible: mayBeSeen, everything, admin }
  }

  const sorted = (tasks: readonly Task[], sort: (typeof SORTS)[number]) => {
    const column = sort.replace('-', '') as 'created_at' | 'updated_at' | 'due_date'
    const turn = sort.startsWith('-') ? -1 : 1
    return tasks.toSorted((a, b) => {
      const [left, right] = [a[column], b[column]]
      if (left === null || right === null)
        return left === right ? turn * compare(a.id, b.id) : left === null ? 1 : -1
      return turn * (compare(left, right) || compare(a.id, b.id))
    })
  }

  describe('what somebody may see', () => {
    test('is in every list once, in order, over pages of any size, and nothing else is', async () => {
      const { me, visible, mine, theirs, viewed, other } = await setup()
      const filters: [Query, (task: Task) => boolean][] = [
        [{}, () => true],
        [{ status: 'done' }, ({ status }) => status === 'done'],
        [{ completed: false }, ({ completed }) => !completed],
        [
          { priority: 'urgent', status: 'todo' },
          task => task.priority === 'urgent' && task.status === 'todo',
        ],
        [{ project_id: mine }, ({ project_id }) => project_id === mine],
        [{ project_id: viewed }, ({ project_id }) => project_id === viewed],
        [{ project_id: theirs }, ({ project_id }) => project_id === theirs],
        [{ project_id: newId() }, () => false],
        [
          { project_id: theirs, completed: false },
          task => task.project_id === theirs && !task.completed,
        ],
        [{ owner_id: me }, ({ owner_id }) => owner_id === me],
        [{ owner_id: me.toUpperCase() }, ({ owner_id }) => owner_id === me],
        [{ owner_id: other }, ({ owner_id }) => owner_id === other],
        [{ assignee_id: me }, ({ assignee_id }) => assignee_id === me],
        [{ assignee_id: other }, ({ assignee_id }) => assignee_id === other],
        [
          { due_before: '2026-02-05T00:00:00Z' },
          ({ due_date }) => due_date !== null && due_date < '2026-02-05T00:00:00.000Z',
        ],
        [{ status: 'todo', completed: true }, () => false],
      ]
      for (const sort of SORTS)
        for (const [filter, fits] of filters)
          for (const limit of [4, 200]) {
            const expected = titles(sorted(visible.filter(fits), sort))
            const seen = titles(await walk(asUser(me), { ...filter, sort }, limit))
            expect([sort, filter, limit, seen]).toEqual([sort, filter, limit, expected])
          }
    }, 60_000)

    test('is found by its words, and nothing else is', async () => {
      const { me, word, visible, mine, theirs, other } = await setup()
      const filters: [Query, (task: Task) => boolean][] = [
        [{}, () => true],
        [{ status: 'todo' }, ({ status }) => status === 'todo'],
        [{ project_id: mine }, ({ project_id }) => project_id === mine],
        [{ project_id: theirs }, ({ project_id }) => project_id === theirs],
        [{ owner_id: me }, ({ owner_id }) => owner_id === me],
        [{ owner_id: other }, ({ owner_id }) => owner_id === other],
      ]
      for (const [filter, fits] of filters)
        for (const limit of [4, 200]) {
          const expected = titles(sorted(visible.filter(fits), 'created_at')).toSorted()
          const seen = titles(await walk(asUser(me), { ...filter, q: word }, limit)).toSorted()
          expect([filter, limit, seen]).toEqual([filter, limit, expected])
        }
    })

    test('is skipped one by one where an offset says so', async () => {
      const { me, visible } = await setup()
      const order = titles(sorted(visible, '-created_at'))
      const page = await kit().tasks.list(asUser(me), { limit: 3, offset: 4 })
      expect(titles(page.data)).toEqual(order.slice(4, 7))
    })

    test('begins, after a cursor that somebody else was given, where that one stood', async () => {
      const { me, visible, everything, admin, word } = await setup()
      const { next_cursor } = await kit().tasks.list(admin, { limit: 5, sort: '-created_at' })
      const page = await kit().tasks.list(asUser(me), { limit: 200, cursor: next_cursor! })
      const mayBeSeen = new Set(visible.map(({ id }) => id))
      for (const { id } of page.data) expect(mayBeSeen.has(id)).toBe(true)

      const found = await kit().tasks.list(admin, { limit: 5, q: word })
      const rest = await walk(asUser(me), { q: word, cursor: found.next_cursor! }, 200)
      const behind = new Set(everything.slice(5).map(({ id }) => id))
      expect(titles(rest).toSorted()).toEqual(
        titles(visible.filter(({ id }) => behind.has(id))).toSorted(),
      )
    })

    test('ends with the membership that showed it', async () => {
      const { world } = kit()
      const { me, viewed, visible } = await setup()
      await world.removeMember(viewed, me)
      const left = visible.filter(({ project_id }) => project_id !== viewed)
      expect(titles(await walk(asUser(me), {}, 200))).toEqual(titles(sorted(left, '-created_at')))
    })

    test('is nothing for somebody who has nothing', async () => {
      const { world, tasks } = kit()
      const { word, theirs, other } = await setup()
      const stranger = asUser(await world.insertUser())
      for (const query of [
        {},
        { q: word },
        { project_id: theirs },
        { owner_id: other },
        { status: 'done', sort: 'due_date' },
        { q: word, project_id: theirs },
      ] as const)
        expect(await tasks.list(stranger, query)).toEqual({ data: [], next_cursor: null })
    })
  })
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
