// A task on its way into a project while the membership that allows it ends: one of them waits for the
// other, and what was decided first holds. On servers only, since the embedded database does one thing
// at a time.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { openProjects } from '#features/projects/index.ts'
import { openProjectTasks, type Tasks } from '#features/tasks/index.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import type { Tx } from '#platform/postgres/database.ts'
import { codeOf } from '#platform/postgres/errors.ts'
import { asUser } from '../../support/callers.ts'
import { type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { postgresVersions } from '../../support/postgres.ts'
import { type Place, placeIn, worldIn } from '../../support/task-places.ts'
import { openTestTasks } from '../../support/tasks.ts'

const versions = postgresVersions.filter(version => version !== 'system')

describe.each(versions)('on PostgreSQL %s', version => {
  let opened: OpenedDatabase
  let tasks: Tasks
  beforeAll(async () => {
    opened = await openPostgres(version)
    tasks = openTestTasks(opened.database)
  }, 60_000)
  afterAll(async () => await opened?.close())

  const place = () => placeIn(worldIn(opened.database), tasks)

  const PUTS: readonly (readonly [string, (of: Place) => Promise<unknown>])[] = [
    [
      'a new task',
      of => tasks.create(asUser(of.editor), { title: 'Late', project_id: of.project }),
    ],
    [
      'a task that moves',
      async of => {
        const { id } = await tasks.create(asUser(of.editor), { title: 'Late' })
        return await tasks.change(asUser(of.editor), id, { project_id: of.project })
      },
    ],
  ]

  describe.each(PUTS)('%s', (_, put) => {
    test('that waits for the membership to end is not put there', async () => {
      const of = await place()
      const { begun } = await during(
        async tx => {
          await tx.run(sql => sql`select from projects where id = ${of.project} for no key update`)
          await tx.run(
            sql => sql`
              delete from project_members
              where project_id = ${of.project} and user_id = ${of.editor}`,
          )
        },
        () => put(of),
      )
      expect(codeOf(await rejection(begun))).toBe('reference_not_found')
      expect(await titlesIn(of)).toEqual([of.task.title])
    }, 20_000)

    test('that waits for the editor to become a viewer is not put there', async () => {
      const of = await place()
      const { begun } = await during(
        async tx => {
          await tx.run(
            sql => sql`
              update project_members set role = 'viewer'
              where project_id = ${of.project} and user_id = ${of.editor}`,
          )
        },
        () => put(of),
      )
      expect(codeOf(await rejection(begun))).toBe('forbidden')
      expect(await titlesIn(of)).toEqual([of.task.title])
    }, 20_000)

    test('is there before the project goes, and goes with it', async () => {
      const { database } = opened
      const once = createOnce({ database })
      const projects = openProjects({ database, tasks: openProjectTasks(), once })
      for (let n = 0; n < 10; n++) {
        const of = await place()
        const [into, removed] = await Promise.allSettled([
          put(of),
          projects.remove(asUser(of.owner), of.project, { tasks: 'delete' }),
        ])
        expect(removed.status).toBe('fulfilled')
        if (into.status === 'rejected') expect(codeOf(into.reason)).toBe('reference_not_found')
        expect(await titlesIn(of)).toEqual([])
      }
    }, 30_000)
  })

  // Does something in a transaction, begins the other thing, and ends the transaction once that waits.
  async function during<T>(first: (tx: Tx) => Promise<void>, second: () => Promise<T>) {
    const { database } = opened
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

  async function titlesIn({ project }: Place): Promise<string[]> {
    const rows = await opened.database
      .on(AbortSignal.timeout(5_000))
      .run(sql => sql<{ title: string }[]>`select title from tasks where project_id = ${project}`)
    return rows.map(({ title }) => title)
  }
})
