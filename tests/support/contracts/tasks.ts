// What everything that calls itself Tasks has to do: the service in this process, on each database,
// and the one behind gRPC. Every test makes its own rows and looks at no others.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { BUILT_IN_USER_ID } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import type { Database } from '#platform/postgres/database.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { callBy } from '../databases.ts'
import { rejection } from '../eventually.ts'
import { type World, worldIn } from '../task-places.ts'
import { access } from './task-access.ts'
import { listing } from './task-lists.ts'
import { visibility } from './task-visibility.ts'

export type TasksUnderTest = { tasks: Tasks; close(): Promise<void> } & (
  | { world: World }
  /** Where these tasks are kept. */
  | { database: Database }
)

/** Declares the suite. `tasksContract('tasks on PostgreSQL 18', async () => ({ tasks, database, close }))`. */
export function tasksContract(name: string, open: () => Promise<TasksUnderTest>): void {
  describe(name, () => {
    let under: TasksUnderTest
    let tasks: Tasks
    // Without its archive, an embedded database is made from nothing, which takes seconds.
    beforeAll(async () => {
      under = await open()
      tasks = under.tasks
    }, 60_000)
    afterAll(async () => await under?.close())

    const call = () => callBy()
    const make = (given: Partial<Parameters<Tasks['create']>[1]> = {}) =>
      tasks.create(call(), { title: 'A task', ...given })
    const world = () => ('world' in under ? under.world : worldIn(under.database))
    const project = () => world().insertProject()
    const user = () => world().insertUser()

    describe('creating', () => {
      test('gives what was left out its default', async () => {
        const task = await make({ title: 'Only a title' })
        expect(task).toEqual({
          id: task.id,
          title: 'Only a title',
          description: '',
          status: 'todo',
          priority: 'medium',
          completed: false,
          completed_at: null,
          project_id: null,
          assignee_id: null,
          due_date: null,
          owner_id: BUILT_IN_USER_ID,
          version: 1,
          created_at: task.created_at,
          updated_at: task.created_at,
        })
        expect(task.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      })

      test('keeps everything that was given, and reads it back the same', async () => {
        const [project_id, assignee_id] = [await project(), await user()]
        const given = {
          title: 'Everything',
          description: 'Two\nlines',
          status: 'in_progress',
          priority: 'urgent',
          project_id,
          assignee_id,
          due_date: '2026-12-24T12:00:00.123Z',
        } as const
        const task = await make(given)
        expect(task).toMatchObject(given)
        expect(await tasks.get(call(), task.id)).toEqual(task)
      })

      test('takes null for what was left out', async () => {
        const task = await make({ description: null, status: null, priority: null, due_date: null })
        expect(task).toMatchObject({ description: '', status: 'todo', priority: 'medium' })
      })

      test('tells times in UTC, cut to milliseconds', async () => {
        const task = await make({ due_date: '2026-12-24T13:00:00.9999+01:00' })
        expect(task.due_date).toBe('2026-12-24T12:00:00.999Z')
      })

      test('notes when a task that is done from the start became so', async () => {
        const task = await make({ status: 'done' })
        expect(task).toMatchObject({ completed: true, completed_at: task.created_at })
      })

      test.each([
        ['text in every direction', 'עברית العربية left'],
        ['emoji of several code points', '👩‍👩‍👧‍👦'.repeat(36)],
        ['255 characters beyond the first plane', '😀'.repeat(255)],
        ['a text that is not normalised', 'Cafe\u0301'],
        ['quotes and what looks like SQL', `'; drop table tasks; -- "$1" \\`],
        ['control characters', 'tab\t line\n bell\u0007'],
      ])('keeps %s as sent', async (_, title) => {
        const task = await make({ title })
        expect(task.title).toBe(title)
        expect((await tasks.get(call(), task.id)).title).toBe(title)
      })

      test('with an id of the caller’s makes one task, however often it is repeated', async () => {
        const id = newId()
        const first = await make({ id, title: 'Once' })
        expect(await make({ id, title: 'Once' })).toEqual(first)
        // In the order of creation, as any id.
        expect(first.id.slice(0, 13)).toBe(id.slice(0, 13))
      })

      test.each(['project_id', 'assignee_id'] as const)(
        'refuses a %s that names nothing, and says so at its place',
        async field => {
          const error = await rejection(make({ [field]: newId() }))
          expect(error).toMatchObject({
            code: 'reference_not_found',
            errors: [{ pointer: `/${field}` }],
          })
        },
      )
    })

    describe('reading', () => {
      test('a task that does not exist is not found', async () => {
        expect(await rejection(tasks.get(call(), newId()))).toMatchObject({
          code: 'task_not_found',
        })
      })

      test('an id is the same in capitals', async () => {
        const task = await make()
        expect(await tasks.get(call(), task.id.toUpperCase())).toEqual(task)
      })

      test('several at once come in the order asked for, each once, without those that do not exist', async () => {
        const [a, b] = [await make(), await make()]
        const found = await tasks.batchGet(call(), [b.id, newId(), a.id, b.id])
        expect(found).toEqual([b, a])
      })

      test('none at once are none', async () => {
        expect(await tasks.batchGet(call(), [])).toEqual([])
      })
    })

    describe('changing', () => {
      test('touches what is named and nothing else, and counts the version up', async () => {
        const before = await make({ description: 'stays', priority: 'high' })
        const after = await tasks.change(call(), before.id, { title: 'New' })
        expect(after).toEqual({
          ...before,
          title: 'New',
          version: 2,
          updated_at: after.updated_at,
        })
        expect(after.updated_at >= before.updated_at).toBe(true)
        expect(await tasks.get(call(), before.id)).toEqual(after)
      })

      test('clears with null', async () => {
        const task = await make({
          description: 'x',
          project_id: await project(),
          assignee_id: await user(),
          due_date: '2026-01-01T00:00:00Z',
          priority: 'urgent',
        })
        const cleared = await tasks.change(call(), task.id, {
          description: null,
          project_id: null,
          assignee_id: null,
          due_date: null,
          priority: null,
        })
        expect(cleared).toMatchObject({
          description: '',
          project_id: null,
          assignee_id: null,
          due_date: null,
          priority: 'medium',
        })
      })

      test('nothing leaves the version alone', async () => {
        const task = await make()
        expect(await tasks.change(call(), task.id, {})).toEqual(task)
        expect(await tasks.change(call(), task.id, { version: 1 })).toEqual(task)
        expect(await rejection(tasks.change(call(), task.id, { version: 2 }))).toMatchObject({
          code: 'version_mismatch',
        })
      })

      test('keeps the moment of completion until the task is opened again', async () => {
        const task = await make()
        const done = await tasks.change(call(), task.id, { status: 'done' })
        expect(done).toMatchObject({ completed: true, completed_at: done.updated_at })
        const still = await tasks.change(call(), task.id, { title: 'New', status: 'done' })
        expect(still.completed_at).toBe(done.completed_at)
        const open = await tasks.change(call(), task.id, { status: 'in_progress' })
        expect(open).toMatchObject({ completed: false, completed_at: null })
      })

      test('replaces a task as a whole; what is left out gets its default', async () => {
        const before = await make({
          description: 'x',
          status: 'done',
          priority: 'high',
          due_date: '2026-01-01T00:00:00Z',
          project_id: await project(),
        })
        const after = await tasks.replace(call(), before.id, { title: 'New', version: 1 })
        expect(after).toEqual({
          ...before,
          title: 'New',
          description: '',
          status: 'todo',
          priority: 'medium',
          completed: false,
          completed_at: null,
          due_date: null,
          project_id: null,
          version: 2,
          updated_at: after.updated_at,
        })
      })

      test('refuses a reference to nothing, and changes nothing then', async () => {
        const task = await make()
        const change = { title: 'New', assignee_id: newId() }
        expect(await rejection(tasks.change(call(), task.id, change))).toMatchObject({
          code: 'reference_not_found',
          errors: [{ pointer: '/assignee_id' }],
        })
        expect(await tasks.get(call(), task.id)).toEqual(task)
      })

      test('a change meant for another version is not made', async () => {
        const task = await make()
        await tasks.change(call(), task.id, { title: 'First', version: 1 })
        for (const late of [
          () => tasks.change(call(), task.id, { title: 'Second', version: 1 }),
          () => tasks.replace(call(), task.id, { title: 'Second', version: 1 }),
          () => tasks.remove(call(), task.id, 1),
        ])
          expect(await rejection(late())).toMatchObject({ code: 'version_mismatch' })
        expect(await tasks.get(call(), task.id)).toMatchObject({ title: 'First', version: 2 })
      })

      test('of two changes at once for the same version exactly one is made', async () => {
        const task = await make()
        const changes = ['One', 'Two', 'Three', 'Four'].map(title =>
          tasks.change(call(), task.id, { title, version: 1 }),
        )
        const outcomes = await Promise.allSettled(changes)
        const made = outcomes.filter(({ status }) => status === 'fulfilled')
        const refused = outcomes.filter(outcome => outcome.status === 'rejected')
        expect(made).toHaveLength(1)
        for (const { reason } of refused) expect(reason).toMatchObject({ code: 'version_mismatch' })
        expect((await tasks.get(call(), task.id)).version).toBe(2)
      })

      test('of two changes at once to different fields both are kept', async () => {
        const task = await make()
        await Promise.all([
          tasks.change(call(), task.id, { title: 'New' }),
          tasks.change(call(), task.id, { priority: 'high' }),
        ])
        const after = await tasks.get(call(), task.id)
        expect(after).toMatchObject({ title: 'New', priority: 'high', version: 3 })
      })

      test('a task that does not exist is not found', async () => {
        for (const attempt of [
          () => tasks.change(call(), newId(), { title: 'x' }),
          () => tasks.change(call(), newId(), { title: 'x', version: 1 }),
          () => tasks.change(call(), newId(), {}),
          () => tasks.replace(call(), newId(), { title: 'x' }),
          () => tasks.remove(call(), newId()),
          () => tasks.remove(call(), newId(), 1),
        ])
          expect(await rejection(attempt())).toMatchObject({ code: 'task_not_found' })
      })
    })

    describe('removing', () => {
      test('a removed task is gone, from searches too', async () => {
        const project_id = await project()
        const task = await make({ title: 'Vanishing', project_id })
        await tasks.remove(call(), task.id, 1)
        expect(await rejection(tasks.get(call(), task.id))).toMatchObject({
          code: 'task_not_found',
        })
        expect((await tasks.list(call(), { q: 'vanishing', project_id })).data).toEqual([])
      })
    })

    listing(() => ({ tasks, make, project, user, call }))
    access(() => ({ tasks, world: world() }))
    visibility(() => ({ tasks, world: world() }))
  })
}
