import { openTasks } from '#features/tasks/index.ts'
import { tasksContract } from '../../support/contracts/tasks.ts'
import { databases } from '../../support/databases.ts'

for (const { name, open } of databases)
  tasksContract(`tasks on ${name}`, async () => {
    const { database, close } = await open()
    return { tasks: openTasks({ database }), database, close }
  })
