// The contract of tasks once more, over the wire.

import { openTasks } from '#features/tasks/index.ts'
import { tasksContract } from '../../support/contracts/tasks.ts'
import { openPostgres } from '../../support/databases.ts'
import { connectTestTasks, openTestGrpc } from '../../support/grpc.ts'

tasksContract('tasks over gRPC', async () => {
  const { database, close: closeDatabase } = await openPostgres()
  const grpc = await openTestGrpc(openTasks({ database }))
  const { tasks, resource } = connectTestTasks([grpc.address])
  const close = async () => {
    resource.close()
    await grpc.close()
    await closeDatabase()
  }
  return { tasks, database, close }
})
