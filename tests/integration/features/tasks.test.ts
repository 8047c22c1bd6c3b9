import { openProjectTasks } from '#features/tasks/index.ts'
import { taskTracesContract } from '../../support/contracts/task-traces.ts'
import { tasksContract } from '../../support/contracts/tasks.ts'
import { databases } from '../../support/databases.ts'
import { openTestTasks } from '../../support/tasks.ts'

for (const { name, open } of databases) {
  tasksContract(`tasks on ${name}`, async () => {
    const { database, close } = await open()
    return { tasks: openTestTasks(database), database, close }
  })

  taskTracesContract(`traces of tasks on ${name}`, async () => {
    const { database, close } = await open()
    return { tasks: openTestTasks(database), projectTasks: openProjectTasks(), database, close }
  })
}
