import { openProjects } from '#features/projects/index.ts'
import { openProjectTasks, openTasks } from '#features/tasks/index.ts'
import { projectsContract } from '../../support/contracts/projects.ts'
import { databases } from '../../support/databases.ts'

for (const { name, open } of databases)
  projectsContract(`projects on ${name}`, async () => {
    const { database, close } = await open()
    const projects = openProjects({ database, tasks: openProjectTasks() })
    return { projects, tasks: openTasks({ database }), database, close }
  })
