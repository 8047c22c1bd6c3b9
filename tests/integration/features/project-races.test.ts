// A change of a project while the membership that allows it ends: one of them waits for the other, and
// what was decided first holds. On servers only, since the embedded database does one thing at a time.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openProjects } from '#features/projects/index.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import { openProjectTasks } from '#features/tasks/index.ts'
import type { Tx } from '#platform/postgres/database.ts'
import { codeOf } from '#platform/postgres/errors.ts'
import { asUser } from '../../support/callers.ts'
import type { ProjectsUnderTest } from '../../support/contracts/projects.ts'
import { openPostgres } from '../../support/databases.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { postgresVersions } from '../../support/postgres.ts'
import { createPlaces, type Place } from '../../support/project-places.ts'
import { openTestTasks } from '../../support/tasks.ts'

const versions = postgresVersions.filter(version => version !== 'system')

describe.each(versions)('on PostgreSQL %s', version => {
  let under: ProjectsUnderTest
  beforeAll(async () => {
    const { database, close } = await openPostgres(version)
    const projects = openProjects({
      database,
      tasks: openProjectTasks(),
      once: createOnce({ database }),
    })
    under = { database, projects, tasks: openTestTasks(database), close }
  }, 60_000)
  afterAll(async () => await under?.close())

  const { place } = createPlaces(() => under)

  const CHANGES: readonly (readonly [string, (of: Place) => Promise<unknown>])[] = [
    ['a change', of => under.projects.change(asUser(of.owner), of.id, { status: 'archived' })],
    ['a removal', of => under.projects.remove(asUser(of.owner), of.id, {})],
    [
      'a removal with tasks',
      of => under.projects.remove(asUser(of.owner), of.id, { tasks: 'delete' }),
    ],
    [
      'a change of a member',
      of => {
        const at = { projectId: of.id, userId: of.member }
        return under.projects.members.put(asUser(of.owner), at, { role: 'owner' })
      },
    ],
  ]

  test.each(CHANGES)(
    '%s that waits for its membership to end is not made',
    async (_, change) => {
      const of = await place()
      const before = await readAll(of)
      const { begun } = await during(
        async tx => {
          await tx.run(sql => sql`select from projects where id = ${of.id} for no key update`)
          await tx.run(
            sql => sql`
              delete from project_members where project_id = ${of.id} and user_id = ${of.owner}`,
          )
        },
        () => change(of),
      )
      expect(codeOf(await rejection(begun))).toBe('project_not_found')
      const after = await readAll(of)
      expect(after.project).toEqual(before.project)
      expect(after.members.data).toEqual(
        before.members.data.filter(({ user_id }) => user_id !== of.owner),
      )
    },
    20_000,
  )

  test.each(CHANGES)(
    '%s that waits for its member to become a viewer is not made',
    async (_, change) => {
      const of = await place()
      const { begun } = await during(
        async tx => {
          await tx.run(
            sql => sql`
              update project_members set role = 'viewer'
              where project_id = ${of.id} and user_id = ${of.owner}`,
          )
        },
        () => change(of),
      )
      expect(codeOf(await rejection(begun))).toBe('forbidden')
    },
    20_000,
  )

  test('a membership ends only after the change that it allows', async () => {
    const of = await place()
    const admin = asUser(of.stranger, ['admin'])
    const { begun } = await during(
      async tx => {
        await tx.run(
          sql => sql`
            select from project_members
            where project_id = ${of.id} and user_id = ${of.editor} for share`,
        )
      },
      () => under.projects.members.remove(admin, { projectId: of.id, userId: of.editor }),
    )
    await begun
    const gone = under.projects.get(asUser(of.editor), of.id)
    expect(codeOf(await rejection(gone))).toBe('project_not_found')
  }, 20_000)

  test('changes, departures and removals at once never wait for each other in a circle', async () => {
    for (let n = 0; n < 10; n++) {
      const of = await place()
      const leave = (userId: string) =>
        under.projects.members.remove(asUser(userId), { projectId: of.id, userId })
      const outcomes = await Promise.allSettled([
        under.projects.change(asUser(of.editor), of.id, { status: 'archived' }),
        leave(of.editor),
        under.projects.change(asUser(of.owner), of.id, { name: `Renamed ${n} ${of.id}` }),
        leave(of.viewer),
        under.projects.remove(asUser(of.owner), of.id, { tasks: 'detach' }),
      ])
      const refused = outcomes.flatMap(it => (it.status === 'rejected' ? [codeOf(it.reason)] : []))
      expect(refused.filter(code => code !== 'project_not_found')).toEqual([])
      expect(outcomes.at(-1)?.status).toBe('fulfilled')
    }
  }, 30_000)

  // Does something in a transaction, begins the other thing, and ends the transaction once that waits.
  async function during<T>(first: (tx: Tx) => Promise<void>, second: () => Promise<T>) {
    const { database } = under
    const signal = AbortSignal.timeout(15_000)
    return await database.transaction(signal, async tx => {
      await first(tx)
      const begun = second()
      begun.catch(() => undefined)
      await eventually(async () => {
        const waiting = await database.on(signal).run(
          sql => sql`
            select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`,
        )
        expect(waiting).toHaveLength(1)
      })
      return { begun }
    })
  }

  const readAll = async (of: Place) => {
    const admin = asUser(of.stranger, ['admin'])
    const { projects } = under
    return {
      project: await projects.get(admin, of.id),
      members: await projects.members.list(admin, of.id, {}),
    }
  }
})
