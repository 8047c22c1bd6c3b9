// The door to tasks. The edges are taken one by one, by whoever wires them: routes.ts, rpc.ts and
// remote.ts.

import { newId } from '#lib/id.ts'
import type { Database } from '#platform/postgres/database.ts'
import { createTaskRepository } from './repository.ts'
import { createTasks } from './service.ts'
import type { Tasks } from './tasks.ts'

export type { Tasks } from './tasks.ts'

/** Tasks, answered by this process. */
export const openTasks = ({ database }: { database: Database }): Tasks =>
  createTasks({ database, repository: createTaskRepository(), newId })

/** What deleting a project asks of its tasks, within the same transaction. */
export const openProjectTasks = () => {
  const { detachAll, removeAll } = createTaskRepository()
  return { detachAll, removeAll }
}
