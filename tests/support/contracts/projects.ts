// What projects and their members have to do, on whichever database. Every test makes its own rows
// and looks at no others.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { BUILT_IN_USER_ID } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import type { Projects } from '#features/projects/index.ts'
import type { Project, ProjectQuery } from '#features/projects/model.ts'
import type { Tasks } from '#features/tasks/index.ts'
import type { Database } from '#platform/postgres/database.ts'
import { callBy, insertUser } from '../databases.ts'
import { rejection } from '../eventually.ts'

export type ProjectsUnderTest = {
  projects: Projects
  tasks: Tasks
  database: Database
  close(): Promise<void>
}

/** Declares the suite. */
export function projectsContract(name: string, open: () => Promise<ProjectsUnderTest>): void {
  describe(name, () => {
    let under: ProjectsUnderTest
    let projects: Projects
    // Without its archive, an embedded database is made from nothing, which takes seconds.
    beforeAll(async () => {
      under = await open()
      projects = under.projects
    }, 60_000)
    afterAll(async () => await under?.close())

    const call = () => callBy()
    const make = (given: Partial<Parameters<Projects['create']>[1]> = {}) =>
      projects.create(call(), { name: `Project ${newId()}`, ...given })

    describe('creating', () => {
      test('gives what was left out its default, and makes the caller its owner and first member', async () => {
        const project = await make({ name: 'Only a name' })
        expect(project).toEqual({
          id: project.id,
          name: 'Only a name',
          description: '',
          status: 'active',
          owner_id: BUILT_IN_USER_ID,
          version: 1,
          created_at: project.created_at,
          updated_at: project.created_at,
        })
        expect(await projects.get(call(), project.id)).toEqual(project)
        const { data } = await projects.members.list(call(), project.id, {})
        expect(data).toMatchObject([{ user_id: BUILT_IN_USER_ID, role: 'owner' }])
      })

      test.each([
        ['100 characters beyond the first plane', '😀'.repeat(100)],
        ['text in every direction', '\u202Eעברית\u202C العربية'],
        ['quotes and what looks like SQL', `'; drop table projects; -- "$1" \\`],
      ])('keeps %s as sent', async (_, beginning) => {
        const owner = await insertUser(under.database)
        const project = await projects.create(callBy({ id: owner, userId: owner }), {
          name: beginning,
        })
        expect((await projects.get(call(), project.id)).name).toBe(beginning)
      })

      test('a name is taken once an owner has it, whoever else may have it too', async () => {
        const { name } = await make()
        expect(await rejection(make({ name }))).toMatchObject({
          code: 'project_name_taken',
          errors: [{ pointer: '/name' }],
        })
        expect(await make({ name: name.toUpperCase() })).toMatchObject({ version: 1 })
        const id = await insertUser(under.database)
        const other = callBy({ id, userId: id })
        expect(await projects.create(other, { name })).toMatchObject({ name })
      })

      test('of two at once by the same name exactly one is made', async () => {
        const name = `Twin ${newId()}`
        const outcomes = await Promise.allSettled([make({ name }), make({ name })])
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      })
    })

    describe('changing', () => {
      test('touches what is named, clears with null, and counts the version up', async () => {
        const before = await make({ description: 'x', status: 'archived' })
        const after = await projects.change(call(), before.id, { description: null })
        expect(after).toEqual({
          ...before,
          description: '',
          version: 2,
          updated_at: after.updated_at,
        })
        expect(await projects.change(call(), before.id, { status: null })).toMatchObject({
          status: 'active',
          version: 3,
        })
      })

      test('nothing leaves the version alone', async () => {
        const project = await make()
        expect(await projects.change(call(), project.id, {})).toEqual(project)
      })

      test('replaces a project as a whole; what is left out gets its default', async () => {
        const before = await make({ description: 'x', status: 'archived' })
        const name = `New ${newId()}`
        const after = await projects.replace(call(), before.id, { name, version: 1 })
        expect(after).toMatchObject({ name, description: '', status: 'active', version: 2 })
      })

      test('refuses a name that is taken, and changes nothing then', async () => {
        const [first, second] = [await make(), await make()]
        const change = { name: first.name, description: 'new' }
        expect(await rejection(projects.change(call(), second.id, change))).toMatchObject({
          code: 'project_name_taken',
        })
        expect(await projects.get(call(), second.id)).toEqual(second)
      })

      test('of changes at once for the same version exactly one is made', async () => {
        const project = await make()
        const changes = ['1', '2', '3'].map(description =>
          projects.change(call(), project.id, { description, version: 1 }),
        )
        const outcomes = await Promise.allSettled(changes)
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const outcome of outcomes)
          if (outcome.status === 'rejected')
            expect(outcome.reason).toMatchObject({ code: 'version_mismatch' })
      })

      test('a project that does not exist is not found', async () => {
        for (const attempt of [
          () => projects.get(call(), newId()),
          () => projects.change(call(), newId(), { status: 'archived' }),
          () => projects.change(call(), newId(), { status: 'archived', version: 1 }),
          () => projects.change(call(), newId(), {}),
          () => projects.replace(call(), newId(), { name: 'x' }),
          () => projects.remove(call(), newId(), {}),
          () => projects.remove(call(), newId(), { tasks: 'delete' }),
          () => projects.members.list(call(), newId(), {}),
          () => projects.members.put(call(), at(newId()), { role: 'owner' }),
          () => projects.members.remove(call(), at(newId())),
          () => projects.members.get(call(), at(newId())),
        ])
          expect(await rejection(attempt())).toMatchObject({ code: 'project_not_found' })
      })
    })

    describe('removing', () => {
      test('an empty project is gone, and its memberships with it', async () => {
        const project = await make()
        await projects.remove(call(), project.id, { version: 1 })
        expect(await rejection(projects.get(call(), project.id))).toMatchObject({
          code: 'project_not_found',
        })
      })

      test('a project with tasks is not removed by accident', async () => {
        const project = await make()
        const task = await under.tasks.create(call(), { title: 'x', project_id: project.id })
        expect(await rejection(projects.remove(call(), project.id, {}))).toMatchObject({
          code: 'project_not_empty',
        })
        expect(await projects.get(call(), project.id)).toEqual(project)
        expect(await under.tasks.get(call(), task.id)).toEqual(task)
      })

      test('detached tasks stay, changed by it; deleted ones are gone, from searches too', async () => {
        const [kept, gone] = [await make(), await make()]
        const title = `Searchable${newId().replaceAll('-', '')}`
        const detached = await under.tasks.create(call(), { title, project_id: kept.id })
        const deleted = await under.tasks.create(call(), { title, project_id: gone.id })
        await projects.remove(call(), kept.id, { tasks: 'detach', version: 1 })
        await projects.remove(call(), gone.id, { tasks: 'delete' })

        expect(await under.tasks.get(call(), detached.id)).toMatchObject({
          project_id: null,
          version: 2,
        })
        expect(await rejection(under.tasks.get(call(), deleted.id))).toMatchObject({
          code: 'task_not_found',
        })
        const { data } = await under.tasks.list(call(), { q: title })
        expect(data.map(({ id }) => id)).toEqual([detached.id])
      })

      test('another version than the one expected stays, with its tasks', async () => {
        const project = await make()
        const task = await under.tasks.create(call(), { title: 'x', project_id: project.id })
        for (const removal of [{ version: 9 }, { version: 9, tasks: 'delete' }] as const)
          expect(await rejection(projects.remove(call(), project.id, removal))).toMatchObject({
            code: 'version_mismatch',
          })
        expect(await under.tasks.get(call(), task.id)).toEqual(task)
      })

      test('while tasks are being added leaves none that refers to nothing', async () => {
        const project = await make()
        const adding = Array.from({ length: 8 }, () =>
          under.tasks.create(call(), { title: 'Late', project_id: project.id }),
        )
        const outcomes = await Promise.allSettled([
          ...adding,
          projects.remove(call(), project.id, { tasks: 'delete' }),
        ])
        for (const outcome of outcomes)
          if (outcome.status === 'rejected')
            expect(['reference_not_found', 'project_not_empty']).toContain(outcome.reason.code)
        const { data } = await under.tasks.list(call(), { project_id: project.id })
        const isThere = outcomes.at(-1)?.status === 'rejected'
        expect(data.length > 0).toBe(isThere)
      })
    })

    describe('listing', () => {
      const walk = async (query: ProjectQuery, limit: number) => {
        const seen: Project[] = []
        let cursor: string | null | undefined
        do {
          const page = await projects.list(call(), { ...query, limit, ...(cursor && { cursor }) })
          seen.push(...page.data)
          cursor = page.next_cursor
        } while (cursor)
        return seen
      }

      const several = async () => {
        const owner_id = await insertUser(under.database)
        const made: Project[] = []
        for (const name of ['b', 'B', 'a', 'é', '😀', 'ﬀ'])
          made.push(
            await projects.create(callBy({ id: owner_id, userId: owner_id }), {
              name,
              status: name < 'b' ? 'archived' : 'active',
            }),
          )
        return { made, owner_id }
      }

      test.each(['created_at', '-created_at', 'updated_at', '-updated_at', 'name'] as const)(
        'in the order of %s shows every project once, over pages of any size',
        async sort => {
          const { made, owner_id } = await several()
          const column = sort.replace('-', '') as 'created_at' | 'updated_at' | 'name'
          const turn = sort.startsWith('-') ? -1 : 1
          const order = made.toSorted(
            (a, b) => turn * (byCodePoint(a[column], b[column]) || byCodePoint(a.id, b.id)),
          )
          for (const limit of [1, 2, 6, 200])
            expect(await walk({ owner_id, sort }, limit)).toEqual(order)
        },
      )

      test('by status shows those and no others', async () => {
        const { made, owner_id } = await several()
        const seen = await walk({ owner_id, status: 'archived' }, 2)
        const archived = made.filter(({ status }) => status === 'archived')
        expect(seen).toEqual(archived.toReversed())
      })

      test('refuses a cursor of another order', async () => {
        const { owner_id } = await several()
        const { next_cursor } = await projects.list(call(), { owner_id, limit: 1, sort: 'name' })
        const again = projects.list(call(), { owner_id, cursor: next_cursor! })
        expect(await rejection(again)).toMatchObject({ code: 'invalid_cursor' })
      })
    })

    describe('members', () => {
      const joined = async (role: 'owner' | 'editor' | 'viewer') => {
        const project = await make()
        const place = at(project.id, await insertUser(under.database))
        return { project, place, ...(await projects.members.put(call(), place, { role })) }
      }

      test('a user joins, changes roles and leaves', async () => {
        const { place, member, created } = await joined('viewer')
        expect(created).toBe(true)
        expect(await projects.members.get(call(), place)).toEqual(member)
        const changed = await projects.members.put(call(), place, { role: 'editor' })
        expect(changed).toMatchObject({ created: false, member: { role: 'editor' } })
        await projects.members.remove(call(), place)
        expect(await rejection(projects.members.get(call(), place))).toMatchObject({
          code: 'member_not_found',
        })
      })

      test('a user who does not exist cannot join', async () => {
        const { id } = await make()
        const put = projects.members.put(call(), at(id, newId()), { role: 'viewer' })
        expect(await rejection(put)).toMatchObject({
          code: 'reference_not_found',
          errors: [{ parameter: 'user_id' }],
        })
      })

      test('somebody who is no member cannot be removed', async () => {
        const { id } = await make()
        expect(await rejection(projects.members.remove(call(), at(id, newId())))).toMatchObject({
          code: 'member_not_found',
        })
      })

      test('the last owner stays, as an owner', async () => {
        const { project } = await joined('editor')
        const owner = at(project.id, BUILT_IN_USER_ID)
        for (const attempt of [
          () => projects.members.remove(call(), owner),
          () => projects.members.put(call(), owner, { role: 'editor' }),
        ])
          expect(await rejection(attempt())).toMatchObject({ code: 'last_owner' })
        expect(await projects.members.put(call(), owner, { role: 'owner' })).toMatchObject({
          created: false,
        })
      })

      test('one of two owners may leave', async () => {
        const { project } = await joined('owner')
        const owner = at(project.id, BUILT_IN_USER_ID)
        await projects.members.remove(call(), owner)
        const { data } = await projects.members.list(call(), project.id, {})
        expect(data).toHaveLength(1)
      })

      test('of two owners who leave at once one stays', async () => {
        const { project, place } = await joined('owner')
        const outcomes = await Promise.allSettled([
          projects.members.remove(call(), place),
          projects.members.remove(call(), at(project.id, BUILT_IN_USER_ID)),
        ])
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        const { data } = await projects.members.list(call(), project.id, {})
        expect(data).toMatchObject([{ role: 'owner' }])
      })

      test('pages show every member once, by the id of the user', async () => {
        const { project } = await joined('viewer')
        for (let n = 0; n < 3; n++) {
          const userId = await insertUser(under.database)
          await projects.members.put(call(), at(project.id, userId), { role: 'viewer' })
        }
        const seen: string[] = []
        let cursor: string | null | undefined
        do {
          const query = { limit: 2, ...(cursor && { cursor }) }
          const page = await projects.members.list(call(), project.id, query)
          seen.push(...page.data.map(({ user_id }) => user_id))
          cursor = page.next_cursor
        } while (cursor)
        expect(seen).toHaveLength(5)
        expect(seen).toEqual([...new Set(seen)].toSorted())
      })
    })
  })
}

const at = (projectId: string, userId = BUILT_IN_USER_ID) => ({ projectId, userId })

const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
