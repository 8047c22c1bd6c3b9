// What may happen to a project, and to its tasks when it goes.

import type { Call } from '#lib/call.ts'
import { type Caller, NOBODY } from '#lib/caller.ts'
import { type Position, decodeCursor, encodeCursor } from '#lib/cursor.ts'
import { AppError } from '#lib/errors.ts'
import { reachOf, requireReach } from '#lib/rule.ts'
import { parseTime } from '#lib/time.ts'
import type { Once } from '#platform/idempotency/once.ts'
import type { Database, Tx } from '#platform/postgres/database.ts'
import type { Sort } from './listing.ts'
import {
  LIMIT_DEFAULT,
  type NewProject,
  type Project,
  type ProjectChange,
  type ProjectPage,
  type ProjectQuery,
  type ProjectRemoval,
  type ProjectReplacement,
} from './model.ts'
import { PROJECTS } from './policy.ts'
import { createReasons, mismatch, notFound } from './reasons.ts'
import type { ContentChange, ProjectContent, ProjectRepository, Target } from './repository.ts'

/**
 * What deleting a project asks of tasks, within the same transaction. Whoever may delete the project
 * may do this to every task in it; the call says whose doing it is.
 */
export type ProjectTasks = {
  removeAll(tx: Tx, projectId: string, call: Call): Promise<void>
  detachAll(tx: Tx, projectId: string, call: Call): Promise<void>
}

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  repository: ProjectRepository
  tasks: ProjectTasks
  once: Once
  newId(): string
}

type Removal = ProjectRemoval & { version?: number | undefined }

export function createProjects({ database, repository, tasks, once, newId }: Needs) {
  const whyNot = createReasons(repository)

  return { create, get, requireSeen, list, change, replace, remove }

  async function create(call: Call, project: NewProject): Promise<Project> {
    requireReach(call.caller, PROJECTS.create)
    const owner_id = requireUser(call.caller)
    const content = contentOf(project)
    return await once(call, { action: PROJECTS.create.action, input: project }, on =>
      repository.insert(on, call, { id: newId(), owner_id, ...content }),
    )
  }

  async function get(call: Call, id: string): Promise<Project> {
    const reach = requireReach(call.caller, PROJECTS.read)
    const project = await repository.find(database.on(call.signal), id, reach)
    if (!project) throw notFound()
    return project
  }

  /**
   * For what lies in a project, which has rules and scopes of its own.
   *
   * @throws AppError `project_not_found` where the caller may not know of it.
   */
  async function requireSeen(call: Call, id: string): Promise<void> {
    const reach = reachOf({ ...call.caller, scopes: 'all' }, PROJECTS.read)
    const project = reach && (await repository.find(database.on(call.signal), id, reach))
    if (!project) throw notFound()
  }

  async function list(call: Call, query: ProjectQuery): Promise<ProjectPage> {
    const reach = requireReach(call.caller, PROJECTS.list)
    const { sort: order = '-created_at', cursor, limit = LIMIT_DEFAULT, ...filter } = query
    const sort = sortOf(order)
    const after = cursor === undefined ? undefined : decodeCursor(cursor, order, isKeyOf(sort))
    // One more than is shown says whether there is another page.
    const listing = { reach, filter, sort, after, limit: limit + 1 }
    const projects = await repository.list(database.on(call.signal), listing)
    const last = projects.length > limit ? projects[limit - 1] : undefined
    return {
      data: projects.slice(0, limit),
      next_cursor: last ? encodeCursor(order, positionOf(last, sort)) : null,
    }
  }

  async function change(call: Call, id: string, { version, ...given }: ProjectChange) {
    return await update(call, id, { version, change: changeOf(given) })
  }

  async function replace(call: Call, id: string, { version, ...project }: ProjectReplacement) {
    return await update(call, id, { version, change: contentOf(project) })
  }

  /** @throws AppError `project_not_empty` where it has tasks and nothing was said about them. */
  async function remove(call: Call, id: string, { version, tasks: fate }: Removal): Promise<void> {
    const target = { id, version, reach: requireReach(call.caller, PROJECTS.remove) }
    if (fate !== undefined) return await removeWithTasks(call, target, fate)
    const on = database.on(call.signal)
    if (!(await repository.remove(on, call, target))) throw await whyNot(on, call, target)
  }

  async function removeWithTasks(call: Call, target: Target, fate: 'delete' | 'detach') {
    const { id, version, reach } = target
    await database.transaction(call.signal, async tx => {
      const project = await repository.lock(tx, id, reach)
      if (!project) throw await whyNot(tx, call, target)
      if (version !== undefined && version !== project.version) throw mismatch(project, version)
      await (fate === 'delete' ? tasks.removeAll(tx, id, call) : tasks.detachAll(tx, id, call))
      await repository.remove(tx, call, target)
    })
  }

  type Update = { version: number | undefined; change: ContentChange }

  async function update(call: Call, id: string, { version, change }: Update): Promise<Project> {
    const target = { id, version, reach: requireReach(call.caller, PROJECTS.change) }
    const on = database.on(call.signal)
    const project = isEmpty(change)
      ? await unchanged(call, target)
      : await repository.update(on, call, { ...target, change })
    if (!project) throw await whyNot(on, call, target)
    return project
  }

  // Leaves the version alone, and is undefined where a change would have met no row.
  async function unchanged(call: Call, { id, version, reach }: Target) {
    const project = await repository.find(database.on(call.signal), id, reach)
    return version === undefined || version === project?.version ? project : undefined
  }
}

const isEmpty = (change: ContentChange) => Object.values(change).every(value => value === undefined)

// Whoever acts for nobody, such as the command line, can own nothing.
function requireUser({ userId }: Caller): string {
  if (userId !== NOBODY) return userId
  throw new AppError('forbidden', 'A project belongs to a user, and you act for none.')
}

const contentOf = (project: NewProject): ProjectContent => ({
  name: project.name,
  description: project.description ?? '',
  status: project.status ?? 'active',
})

// Null puts a field back to what it is when nobody says anything.
const changeOf = (change: Omit<ProjectChange, 'version'>): ContentChange => ({
  name: change.name,
  description: change.description === null ? '' : change.description,
  status: change.status === null ? 'active' : change.status,
})

const sortOf = (order: NonNullable<ProjectQuery['sort']>): Sort => {
  const descending = order.startsWith('-')
  return { column: (descending ? order.slice(1) : order) as Sort['column'], descending }
}

const isKeyOf =
  ({ column }: Sort) =>
  (key: string | null) =>
    key !== null && (column === 'name' || parseTime(key) === key)

const positionOf = (project: Project, { column }: Sort): Position => ({
  key: project[column],
  id: project.id,
})
