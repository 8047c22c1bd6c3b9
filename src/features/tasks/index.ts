// The door to tasks: the service, its edges, and the same service in another process.

import { newId } from '#lib/id.ts'
import type { Once } from '#platform/idempotency/once.ts'
import type { Database } from '#platform/postgres/database.ts'
import { createTaskRepository } from './repository.ts'
import { createTasks } from './service.ts'
import type { Tasks } from './tasks.ts'

export { TASKS } from './policy.ts'
export { connectTasks, type RemoteTasks } from './remote.ts'
export { taskRoutes } from './routes.ts'
export { taskRpc } from './rpc.ts'
export type { Tasks } from './tasks.ts'

/** Tasks, answered by this process. */
export const openTasks = ({ database, once }: { database: Database; once: Once }): Tasks =>
  createTasks({ database, repository: createTaskRepository(), once, newId })

/** What deleting a project asks of its tasks, within the same transaction. */
export const openProjectTasks = () => {
  const { detachAll, removeAll } = createTaskRepository()
  return { detachAll, removeAll }
}
