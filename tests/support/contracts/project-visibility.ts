// What callers learn of projects that are not theirs, and what happens where they change members at
// the same time. Every test makes its own people, projects and rows.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Call } from '#lib/call.ts'
import { newId } from '#lib/id.ts'
import type { Projects } from '#features/projects/index.ts'
import type { ProjectQuery } from '#features/projects/model.ts'
import { asAnonymous, asKey, asUser } from '../callers.ts'
import { codeOf } from '#platform/postgres/errors.ts'
import { rejection } from '../eventually.ts'
import { createPlaces, memberOf } from '../project-places.ts'
import type { ProjectsUnderTest } from './projects.ts'

/** Declares the suite. */
export function projectVisibilityContract(
  name: string,
  open: () => Promise<ProjectsUnderTest>,
): void {
  describe(name, () => {
    let under: ProjectsUnderTest
    let projects: Projects
    beforeAll(async () => {
      under = await open()
      projects = under.projects
    }, 60_000)
    afterAll(async () => await under?.close())

    const { place, person, membersOf, tasksOf, insertTask } = createPlaces(() => under)

    describe('a version', () => {
      test('is not told to somebody who may not see the project, or not change it', async () => {
        const of = await place()
        for (const [call, code] of [
          [asUser(of.stranger), 'project_not_found'],
          [asUser(of.viewer), 'forbidden'],
        ] as const)
          for (const attempt of [
            () => projects.change(call, of.id, { status: 'archived', version: 99 }),
            () => projects.change(call, of.id, { version: 99 }),
            () => projects.replace(call, of.id, { name: 'x', version: 99 }),
            () => projects.remove(call, of.id, { version: 99 }),
            () => projects.remove(call, of.id, { version: 99, tasks: 'detach' }),
          ])
            expect(codeOf(await rejection(attempt()))).toBe(code)
      })

      test('is told to a key that may change it, even where it may not read', async () => {
        const of = await place()
        const call = asKey(of.editor, ['projects:write'])
        const change = projects.change(call, of.id, { status: 'archived', version: 99 })
        expect(codeOf(await rejection(change))).toBe('version_mismatch')
      })
    })

    describe('a list', () => {
      const ids = async (call: Call, query: ProjectQuery = {}) =>
        (await projects.list(call, query)).data.map(({ id }) => id)

      test('shows what one is a member of, and nothing that somebody else has created', async () => {
        const [mine, theirs] = [await place(), await place()]
        for (const userId of [mine.owner, mine.editor, mine.viewer])
          expect(await ids(asUser(userId))).toEqual([mine.id])
        for (const userId of [mine.stranger, mine.creator])
          expect(await ids(asUser(userId))).toEqual([])
        expect(await ids(asKey(mine.viewer, ['projects:read']))).toEqual([mine.id])
        const admin = await ids(asUser(newId(), ['admin']), { limit: 200 })
        expect(admin).toEqual(expect.arrayContaining([mine.id, theirs.id]))
      })

      test('by owner shows nothing more, whoever is named', async () => {
        const [mine, theirs] = [await place(), await place()]
        const call = asUser(mine.viewer)
        expect(await ids(call, { owner_id: mine.creator })).toEqual([mine.id])
        expect(await ids(call, { owner_id: theirs.creator })).toEqual([])
        expect(await ids(call, { owner_id: newId() })).toEqual([])
      })

      test('shows each page in its order, for whoever asks', async () => {
        const userId = await person()
        const made: string[] = []
        for (const status of ['active', 'archived', 'active', 'active', 'archived'] as const) {
          const { id } = await projects.create(asUser(await person()), {
            name: `P ${newId()}`,
            status,
          })
          await projects.members.put(
            asUser(newId(), ['admin']),
            { projectId: id, userId },
            { role: 'viewer' },
          )
          made.push(id)
        }
        for (const [query, expected] of [
          [{}, made.toReversed()],
          [{ sort: 'created_at' }, made],
          [{ sort: 'name' }, made],
          [{ status: 'archived' }, [made[4], made[1]]],
        ] as const)
          for (const limit of [1, 2, 5, 200])
            expect(await walk(asUser(userId), { ...query, limit })).toEqual([
              ...expected,
            ] as string[])
      })

      const walk = async (call: Call, query: ProjectQuery) => {
        const seen: string[] = []
        let cursor: string | null = null
        do {
          const page = await projects.list(call, { ...query, ...(cursor !== null && { cursor }) })
          seen.push(...page.data.map(({ id }) => id))
          cursor = page.next_cursor
        } while (cursor !== null)
        return seen
      }

      test('a cursor of somebody else leads to one’s own, and ends where those end', async () => {
        const [theirs, mine] = [await place(), await place()]
        for (let n = 0; n < 2; n++)
          await projects.create(asUser(theirs.owner), { name: `More ${newId()}` })
        const { next_cursor } = await projects.list(asUser(theirs.owner), { limit: 1 })
        const page = await projects.list(asUser(mine.owner), { limit: 1, cursor: next_cursor! })
        expect(page.data.map(({ id }) => id).filter(id => id !== mine.id)).toEqual([])
        expect(page.next_cursor).toBeNull()
      })

      test('a cursor of another project’s members shows nobody of it', async () => {
        const [theirs, mine] = [await place(), await place()]
        const { next_cursor } = await projects.members.list(asUser(theirs.owner), theirs.id, {
          limit: 1,
        })
        const page = await projects.members.list(asUser(mine.owner), mine.id, {
          cursor: next_cursor!,
        })
        const shown = page.data.map(({ user_id }) => user_id)
        const own = new Set([mine.owner, mine.editor, mine.viewer, mine.member])
        expect(shown.filter(id => !own.has(id))).toEqual([])
      })
    })

    describe('members', () => {
      test('whoever is one may leave, and is told of nothing any more', async () => {
        const of = await place()
        for (const userId of [of.viewer, of.editor]) {
          await projects.members.remove(asUser(userId), { projectId: of.id, userId })
          expect(codeOf(await rejection(projects.get(asUser(userId), of.id)))).toBe(
            'project_not_found',
          )
        }
        const key = asKey(of.member, ['projects:write'])
        await projects.members.remove(key, memberOf(of))
        expect(await membersOf(of.id)).toBe(1)
      })

      test('the last owner does not leave, whoever asks', async () => {
        const of = await place()
        const owner = { projectId: of.id, userId: of.owner }
        for (const call of [asUser(of.owner), asUser(newId(), ['admin'])]) {
          expect(codeOf(await rejection(projects.members.remove(call, owner)))).toBe('last_owner')
          const lesser = projects.members.put(call, owner, { role: 'viewer' })
          expect(codeOf(await rejection(lesser))).toBe('last_owner')
        }
      })

      test('nobody gives themself more, and nobody leaves what they are not in', async () => {
        const of = await place()
        for (const userId of [of.editor, of.viewer]) {
          const self = { projectId: of.id, userId }
          const raised = projects.members.put(asUser(userId), self, { role: 'owner' })
          expect(codeOf(await rejection(raised))).toBe('forbidden')
        }
        const self = { projectId: of.id, userId: of.stranger }
        for (const attempt of [
          () => projects.members.remove(asUser(of.stranger), self),
          () => projects.members.put(asUser(of.stranger), self, { role: 'viewer' }),
        ])
          expect(codeOf(await rejection(attempt()))).toBe('project_not_found')
      })

      test('an unknown user is told only to whoever may add one', async () => {
        const of = await place()
        const nobody = { projectId: of.id, userId: newId() }
        for (const [userId, code] of [
          [of.owner, 'reference_not_found'],
          [of.editor, 'forbidden'],
          [of.stranger, 'project_not_found'],
        ] as const) {
          const put = projects.members.put(asUser(userId), nobody, { role: 'viewer' })
          expect(codeOf(await rejection(put))).toBe(code)
        }
      })

      test('of two owners who remove one another at once exactly one stays', async () => {
        for (let n = 0; n < 5; n++) {
          const of = await place()
          await projects.members.put(asUser(of.owner), memberOf(of), { role: 'owner' })
          const owner = { projectId: of.id, userId: of.owner }
          const outcomes = await Promise.allSettled([
            projects.members.remove(asUser(of.owner), memberOf(of)),
            projects.members.remove(asUser(of.member), owner),
          ])
          const refused = outcomes.flatMap(it => (it.status === 'rejected' ? [it.reason] : []))
          expect(refused.map(codeOf)).toEqual(['project_not_found'])
        }
      })

      test('of two owners of whom one leaves and one becomes less exactly one does', async () => {
        for (let n = 0; n < 5; n++) {
          const of = await place()
          await projects.members.put(asUser(of.owner), memberOf(of), { role: 'owner' })
          const outcomes = await Promise.allSettled([
            projects.members.remove(asUser(of.owner), { projectId: of.id, userId: of.owner }),
            projects.members.put(asUser(of.member), memberOf(of), { role: 'viewer' }),
          ])
          const refused = outcomes.flatMap(it => (it.status === 'rejected' ? [it.reason] : []))
          expect(refused.map(codeOf)).toEqual(['last_owner'])
        }
      })
    })

    describe('removing a project', () => {
      test('an owner of it deletes or detaches every task in it, whoever owns the task', async () => {
        for (const fate of ['delete', 'detach'] as const) {
          const of = await place()
          await insertTask(of.id, of.stranger)
          for (const userId of [of.editor, of.viewer])
            expect(
              codeOf(await rejection(projects.remove(asUser(userId), of.id, { tasks: fate }))),
            ).toBe('forbidden')
          expect(await tasksOf(of.stranger)).toBe(1)
          await projects.remove(asUser(of.owner), of.id, { tasks: fate })
          expect(await tasksOf(of.stranger)).toBe(fate === 'delete' ? 0 : 1)
        }
      })

      test('says that tasks are in the way only to whoever may remove it', async () => {
        const of = await place()
        await insertTask(of.id, of.stranger)
        for (const [userId, code] of [
          [of.owner, 'project_not_empty'],
          [of.editor, 'forbidden'],
          [of.stranger, 'project_not_found'],
        ] as const)
          expect(codeOf(await rejection(projects.remove(asUser(userId), of.id, {})))).toBe(code)
      })
    })

    test('whether a project is there is told to whoever may see it, whatever their key is for', async () => {
      const of = await place()
      for (const call of [asUser(of.viewer), asKey(of.viewer, ['tasks:read'])])
        await projects.requireSeen(call, of.id)
      for (const call of [asUser(of.stranger), asUser(of.creator), asAnonymous()])
        expect(codeOf(await rejection(projects.requireSeen(call, of.id)))).toBe('project_not_found')
    })
  })
}
