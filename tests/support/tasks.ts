// Tasks for tests: on a database, and one for where the database plays no part.

import { BUILT_IN_USER_ID } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import { openTasks, type Tasks } from '#features/tasks/index.ts'
import type { Task } from '#features/tasks/model.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import type { Database } from '#platform/postgres/database.ts'

/** Tasks on a test's own database. */
export const openTestTasks = (database: Database): Tasks =>
  openTasks({ database, once: createOnce({ database }) })

export const aTask = (given: Partial<Task> = {}): Task => ({
  id: newId(),
  title: 'A task',
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
  created_at: '2026-01-02T03:04:05.678Z',
  updated_at: '2026-01-02T03:04:05.678Z',
  ...given,
})
