// What changes of tasks leave behind: an entry of the audit log each, and what a client is answered that
// sends a creation again. For databases alone.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Call } from '#lib/call.ts'
import { newId } from '#lib/id.ts'
import type { Tasks } from '#features/tasks/index.ts'
import type { Database } from '#platform/postgres/database.ts'
import { codeOf } from '#platform/postgres/errors.ts'
import { entriesIn } from '../audit.ts'
import { asKey, asUser } from '../callers.ts'
import { rejection } from '../eventually.ts'
import { placeIn, type World, worldIn } from '../task-places.ts'

export type Traced = {
  tasks: Tasks
  projectTasks: {
    removeAll(on: ReturnType<Database['on']>, projectId: string, call: Call): Promise<void>
    detachAll(on: ReturnType<Database['on']>, projectId: string, call: Call): Promise<void>
  }
  database: Database
  close(): Promise<void>
}

/** Declares the suite. */
export function taskTracesContract(name: string, open: () => Promise<Traced>): void {
  describe(name, () => {
    let under: Traced
    let tasks: Tasks
    let world: World
    beforeAll(async () => {
      under = await open()
      tasks = under.tasks
      world = worldIn(under.database)
    }, 60_000)
    afterAll(async () => await under?.close())

    const entriesOf = async (id: string) =>
      (await entriesIn(under.database, id))
        .toSorted((a, b) => a.seq - b.seq)
        .map(({ before, after, ...entry }) => ({
          action: entry['action'],
          kind: entry['kind'],
          user_id: entry['user_id'],
          caller_id: entry['caller_id'],
          project_id: entry['project_id'],
          outcome: entry['outcome'],
          before: withoutTimes(before),
          after: withoutTimes(after),
        }))

    test('a task is created, changed, replaced and removed, each with an entry', async () => {
      const user = await world.insertUser()
      const project = await world.insertProject()
      await world.putMember(project, user, 'editor')
      const call = asKey(user, ['tasks:read', 'tasks:write'])
      const created = await tasks.create(call, { title: 'New', project_id: project })
      const changed = await tasks.change(call, created.id, { status: 'done', assignee_id: user })
      const replaced = await tasks.replace(call, created.id, { title: 'Other' })
      await tasks.remove(call, created.id)

      const of = { kind: 'task', user_id: user, caller_id: call.caller.id, outcome: 'done' }
      const [first, second, third] = [
        withoutTimes(created),
        withoutTimes(changed),
        withoutTimes(replaced),
      ]
      expect(await entriesOf(created.id)).toEqual([
        { action: 'tasks.create', ...of, project_id: project, before: null, after: first },
        { action: 'tasks.change', ...of, project_id: project, before: first, after: second },
        // It has left the project, which is what it was about.
        { action: 'tasks.replace', ...of, project_id: project, before: second, after: third },
        { action: 'tasks.remove', ...of, project_id: null, before: third, after: null },
      ])
    })

    test('what is refused, or changes nothing, leaves none', async () => {
      const of = await placeIn(world, tasks)
      const before = await entriesOf(of.task.id)
      for (const attempt of [
        () => tasks.change(asUser(of.stranger), of.task.id, { title: 'x' }),
        () => tasks.change(asUser(of.viewer), of.task.id, { title: 'x' }),
        () => tasks.change(asUser(of.editor), of.task.id, { title: 'x', version: 99 }),
        () => tasks.change(asUser(of.editor), of.task.id, { project_id: newId() }),
        () => tasks.change(asUser(of.editor), of.task.id, { assignee_id: newId() }),
        () => tasks.remove(asUser(of.helper), of.task.id),
        () => tasks.remove(asUser(of.editor), of.task.id, 99),
      ])
        await rejection(attempt())
      await tasks.change(asUser(of.editor), of.task.id, {})
      expect(await entriesOf(of.task.id)).toEqual(before)
    })

    test('each of two changes at once says what it found and what it made', async () => {
      const of = await placeIn(world, tasks)
      await Promise.all(
        ['One', 'Two', 'Three'].map(title =>
          tasks.change(asUser(of.editor), of.task.id, { title }),
        ),
      )
      const changes = (await entriesOf(of.task.id)).slice(1)
      const versions = changes.map(({ before, after }) => [before?.['version'], after?.['version']])
      expect(versions.toSorted()).toEqual([
        [1, 2],
        [2, 3],
        [3, 4],
      ])
    })

    test('all tasks of a project are detached or deleted, each with an entry', async () => {
      const of = await placeIn(world, tasks)
      const call = asUser(of.owner)
      const other = await tasks.create(call, { title: 'Other', project_id: of.project })
      const on = under.database.on(AbortSignal.timeout(10_000))
      await under.projectTasks.detachAll(on, of.project, call)
      for (const { id } of [of.task, other]) {
        const [, entry] = await entriesOf(id)
        expect(entry).toMatchObject({
          action: 'tasks.change',
          user_id: of.owner,
          project_id: of.project,
          before: { project_id: of.project, version: 1 },
          after: { project_id: null, version: 2 },
        })
      }
      const [a, b] = [
        await tasks.create(call, { title: 'A', project_id: of.project }),
        await tasks.create(call, { title: 'B', project_id: of.project }),
      ]
      await under.projectTasks.removeAll(on, of.project, call)
      for (const { id, title } of [a, b])
        expect((await entriesOf(id)).slice(1)).toMatchObject([
          { action: 'tasks.remove', project_id: of.project, before: { title }, after: null },
        ])
    })

    test('a user who was disabled is told of as one who does not exist', async () => {
      const of = await placeIn(world, tasks)
      const on = under.database.on(AbortSignal.timeout(10_000))
      await on.run(sql => sql`update users set is_active = false where id = ${of.viewer}`)
      for (const call of [asUser(of.editor), asUser(of.stranger, ['admin'])]) {
        const give = (assignee_id: string) => tasks.change(call, of.task.id, { assignee_id })
        const disabled = await rejection(give(of.viewer))
        expect(codeOf(disabled)).toBe('reference_not_found')
        expect(disabled).toEqual(await rejection(give(newId())))
      }
    })

    describe('a creation that is sent again', () => {
      const keyed = (call: Call, key: string): Call => ({
        ...call,
        idempotency: { key, replayed: false },
      })

      test('makes one task, and is answered with that', async () => {
        const [user, key] = [await world.insertUser(), newId()]
        const [first, second] = [keyed(asUser(user), key), keyed(asUser(user), key)]
        const made = await tasks.create(first, { id: newId(), title: 'Once' })
        // What an api process makes up for an attempt is no part of what was asked.
        expect(await tasks.create(second, { id: newId(), title: 'Once' })).toEqual(made)
        expect([first.idempotency?.replayed, second.idempotency?.replayed]).toEqual([false, true])
        expect(await entriesOf(made.id)).toHaveLength(1)
        const other = tasks.create(keyed(asUser(user), key), { title: 'Another' })
        expect(codeOf(await rejection(other))).toBe('idempotency_key_reused')
      })

      test('under the key of somebody else makes a task of one’s own', async () => {
        const key = newId()
        const theirs = await tasks.create(keyed(asUser(await world.insertUser()), key), {
          title: 'Same',
        })
        const user = await world.insertUser()
        const mine = await tasks.create(keyed(asUser(user), key), { title: 'Same' })
        expect(mine.id).not.toBe(theirs.id)
        expect(mine.owner_id).toBe(user)
      })

      test('and was refused is looked at anew', async () => {
        const of = await placeIn(world, tasks)
        const key = newId()
        const attempt = () =>
          tasks.create(keyed(asUser(of.stranger), key), { title: 'x', project_id: of.project })
        expect(codeOf(await rejection(attempt()))).toBe('reference_not_found')
        await world.putMember(of.project, of.stranger, 'editor')
        expect(await attempt()).toMatchObject({ project_id: of.project })
      })

      test('two hundred times at once makes one task', async () => {
        const [user, key] = [await world.insertUser(), newId()]
        const outcomes = await Promise.allSettled(
          Array.from({ length: 200 }, () => tasks.create(keyed(asUser(user), key), { title: 'x' })),
        )
        const made = new Set(
          outcomes.flatMap(it => (it.status === 'fulfilled' ? [it.value.id] : [])),
        )
        const refused = outcomes.flatMap(it =>
          it.status === 'rejected' ? [codeOf(it.reason)] : [],
        )
        expect(made.size).toBe(1)
        expect(refused.filter(code => code !== 'idempotency_in_flight')).toEqual([])
        const { data } = await tasks.list(asUser(user), {})
        expect(data.map(({ id }) => id)).toEqual([...made])
      }, 30_000)
    })
  })
}

// Times in entries are PostgreSQL's own.
function withoutTimes(image: unknown): Record<string, unknown> | null {
  if (typeof image !== 'object' || image === null) return null
  const times = new Set(['created_at', 'updated_at', 'completed_at', 'due_date'])
  return Object.fromEntries(Object.entries(image).filter(([name]) => !times.has(name)))
}
