import { openProjects } from '#features/projects/index.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import { openProjectTasks } from '#features/tasks/index.ts'
import { projectAccessContract } from '../../support/contracts/project-access.ts'
import { projectTracesContract } from '../../support/contracts/project-traces.ts'
import { projectVisibilityContract } from '../../support/contracts/project-visibility.ts'
import { projectsContract } from '../../support/contracts/projects.ts'
import { databases } from '../../support/databases.ts'
import { openTestTasks } from '../../support/tasks.ts'

for (const { name, open } of databases) {
  const openProjectsOn = async () => {
    const { database, close } = await open()
    const projects = openProjects({
      database,
      tasks: openProjectTasks(),
      once: createOnce({ database }),
    })
    return { projects, tasks: openTestTasks(database), database, close }
  }
  projectsContract(`projects on ${name}`, openProjectsOn)
  projectAccessContract(`access to projects on ${name}`, openProjectsOn)
  projectTracesContract(`traces of projects on ${name}`, openProjectsOn)
  projectVisibilityContract(`what is told of projects on ${name}`, openProjectsOn)
}
