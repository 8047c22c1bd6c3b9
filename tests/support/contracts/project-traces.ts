// What changes of projects and members leave behind: an entry of the audit log each, and what a client
// is answered that sends a creation again.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Call } from '#lib/call.ts'
import { newId } from '#lib/id.ts'
import type { Projects } from '#features/projects/index.ts'
import { codeOf } from '#platform/postgres/errors.ts'
import { asKey, asUser } from '../callers.ts'
import { rejection } from '../eventually.ts'
import { createPlaces, memberOf } from '../project-places.ts'
import type { ProjectsUnderTest } from './projects.ts'

type Entry = {
  action: string
  kind: string
  subject_id: string
  user_id: string
  caller_id: string
  before: unknown
  after: unknown
}

/** Declares the suite. */
export function projectTracesContract(name: string, open: () => Promise<ProjectsUnderTest>): void {
  describe(name, () => {
    let under: ProjectsUnderTest
    let projects: Projects
    beforeAll(async () => {
      under = await open()
      projects = under.projects
    }, 60_000)
    afterAll(async () => await under?.close())

    const { place, person } = createPlaces(() => under)
    const run = (text: string, values: string[]) =>
      under.database
        .on(AbortSignal.timeout(10_000))
        .run(sql => sql.unsafe<Entry[]>(text, values)) as Promise<Entry[]>
    const disable = (id: string) => run('update users set is_active = false where id = $1', [id])

    const entriesSince = (id: string, seen: readonly unknown[]) =>
      run(
        `select action, kind, subject_id, user_id, caller_id, before, after
         from audit_entries where project_id = $1 order by seq offset ${seen.length}`,
        [id],
      )
    // Times in entries are PostgreSQL's own.
    const withoutTimes = ({ created_at: _c, updated_at: _u, ...rest }: Record<string, unknown>) =>
      rest

    test('a project is created, changed, replaced and removed, each with an entry', async () => {
      const userId = await person()
      const call = asKey(userId, ['projects:read', 'projects:write'])
      const created = await projects.create(call, { name: `P ${newId()}` })
      const changed = await projects.change(call, created.id, { status: 'archived' })
      const replaced = await projects.replace(call, created.id, { name: `Q ${newId()}` })
      await projects.remove(call, created.id, {})

      const entries = await entriesSince(created.id, [])
      const by = { user_id: userId, caller_id: call.caller.id }
      const of = { kind: 'project', subject_id: created.id, ...by }
      const states = [created, changed, replaced].map(state =>
        expect.objectContaining(withoutTimes(state)),
      )
      expect(entries).toEqual([
        { action: 'projects.create', ...of, before: null, after: states[0] },
        { action: 'projects.change', ...of, before: states[0], after: states[1] },
        { action: 'projects.change', ...of, before: states[1], after: states[2] },
        { action: 'projects.remove', ...of, before: states[2], after: null },
      ])
      expect(entries.at(-1)?.before).toMatchObject({
        members: [{ user_id: userId, role: 'owner' }],
      })
    })

    test('a member joins, changes and leaves, each with an entry', async () => {
      const of = await place()
      const [at, call] = [{ projectId: of.id, userId: of.stranger }, asUser(of.owner)]
      const seen = await entriesSince(of.id, [])
      await projects.members.put(call, at, { role: 'viewer' })
      await projects.members.put(call, at, { role: 'editor' })
      await projects.members.remove(asUser(of.stranger), at)

      const what = { kind: 'member', subject_id: of.stranger }
      const byOwner = { ...what, user_id: of.owner, caller_id: of.owner }
      const bySelf = { ...what, user_id: of.stranger, caller_id: of.stranger }
      const [viewer, editor] = [{ role: 'viewer' }, { role: 'editor' }]
      expect(await entriesSince(of.id, seen)).toEqual([
        { action: 'members.put', ...byOwner, before: null, after: viewer },
        { action: 'members.put', ...byOwner, before: viewer, after: editor },
        { action: 'members.remove', ...bySelf, before: editor, after: null },
      ])
    })

    test('what is refused, or changes nothing, leaves none', async () => {
      const of = await place()
      const seen = await entriesSince(of.id, [])
      const other = await projects.create(asUser(of.creator), { name: `Taken ${newId()}` })
      const call = asUser(of.owner)
      for (const attempt of [
        () => projects.change(call, of.id, { name: other.name }),
        () => projects.change(call, of.id, { name: 'x', version: 99 }),
        () => projects.remove(call, of.id, { version: 99 }),
        () => projects.members.remove(call, { projectId: of.id, userId: of.owner }),
        () => projects.members.put(call, { projectId: of.id, userId: newId() }, { role: 'viewer' }),
      ])
        await rejection(attempt())
      await projects.change(call, of.id, {})
      expect(await entriesSince(of.id, seen)).toEqual([])
    })

    describe('a user who was disabled', () => {
      test('is told of as one who does not exist, and cannot be added', async () => {
        const of = await place()
        await disable(of.stranger)
        const at = { projectId: of.id, userId: of.stranger }
        const [disabled, unknown] = [at, { ...at, userId: newId() }].map(async at =>
          rejection(projects.members.put(asUser(of.owner), at, { role: 'viewer' })),
        )
        expect(codeOf(await disabled)).toBe('reference_not_found')
        expect(await disabled).toEqual(await unknown)
      })

      test('and is a member already may be made less, and removed', async () => {
        const of = await place()
        await disable(of.editor)
        const at = { projectId: of.id, userId: of.editor }
        await projects.members.put(asUser(of.owner), at, { role: 'viewer' })
        await projects.members.remove(asUser(of.owner), at)
      })

      test('does not count as an owner', async () => {
        const of = await place()
        await projects.members.put(asUser(of.owner), memberOf(of), { role: 'owner' })
        await disable(of.member)
        const leave = projects.members.remove(asUser(of.owner), {
          projectId: of.id,
          userId: of.owner,
        })
        expect(codeOf(await rejection(leave))).toBe('last_owner')
        await projects.members.remove(asUser(of.owner), memberOf(of))
      })
    })

    describe('a creation that is sent again', () => {
      const keyed = (call: Call, key: string): Call => ({
        ...call,
        idempotency: { key, replayed: false },
      })

      test('makes one project, and is answered with that', async () => {
        const [userId, key, name] = [await person(), newId(), `P ${newId()}`]
        const [first, second] = [keyed(asUser(userId), key), keyed(asUser(userId), key)]
        const made = await projects.create(first, { name })
        expect(await projects.create(second, { name })).toEqual(made)
        expect([first.idempotency?.replayed, second.idempotency?.replayed]).toEqual([false, true])
        expect(await entriesSince(made.id, [])).toHaveLength(1)
        const other = projects.create(keyed(asUser(userId), key), { name: 'Another' })
        expect(codeOf(await rejection(other))).toBe('idempotency_key_reused')
      })

      test('under the key of somebody else makes a project of one’s own', async () => {
        const [key, name] = [newId(), `P ${newId()}`]
        const theirs = await projects.create(keyed(asUser(await person()), key), { name })
        const userId = await person()
        const mine = await projects.create(keyed(asUser(userId), key), { name })
        expect(mine.id).not.toBe(theirs.id)
        expect(mine.owner_id).toBe(userId)
      })
    })
  })
}
