// Whoever was removed while their token still counted is told so; they are no defect of ours.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import { openProjects } from '#features/projects/index.ts'
import { openProjectTasks } from '#features/tasks/index.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import { asUser } from '../../support/callers.ts'
import { databases, type OpenedDatabase } from '../../support/databases.ts'
import { openTestTasks } from '../../support/tasks.ts'

describe.each(databases)('$name', ({ open }) => {
  let opened: OpenedDatabase
  beforeAll(async () => (opened = await open()), 60_000)
  afterAll(async () => await opened?.close())

  test('a task is not created for somebody who is gone', async () => {
    const tasks = openTestTasks(opened.database)
    const create = tasks.create(asUser(newId()), { title: 'Late' })
    await expect(create).rejects.toMatchObject({ code: 'invalid_token' })
  })

  test('nor is a project', async () => {
    const { database } = opened
    const once = createOnce({ database })
    const projects = openProjects({ database, tasks: openProjectTasks(), once })
    const create = projects.create(asUser(newId()), { name: 'Late' })
    await expect(create).rejects.toMatchObject({ code: 'invalid_token' })
  })
})
