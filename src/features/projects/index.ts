// The door to projects and their members.

import { newId } from '#lib/id.ts'
import type { Once } from '#platform/idempotency/once.ts'
import type { Database } from '#platform/postgres/database.ts'
import { createMemberRepository } from './member-repository.ts'
import { createMembers } from './members.ts'
import { createProjectRepository } from './repository.ts'
import { createProjects, type ProjectTasks } from './service.ts'

export { MEMBERS, PROJECTS } from './policy.ts'
export { projectRoutes } from './routes.ts'
export type { ProjectTasks } from './service.ts'
export type Projects = ReturnType<typeof openProjects>

type Needs = {
  database: Database
  /** What becomes of a project's tasks when it is deleted. */
  tasks: ProjectTasks
  once: Once
}

export function openProjects({ database, tasks, once }: Needs) {
  const repository = createProjectRepository()
  const members = createMembers({
    database,
    repository: createMemberRepository(),
    projects: repository,
  })
  return { ...createProjects({ database, repository, tasks, once, newId }), members }
}
