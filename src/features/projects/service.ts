// What may happen to a project, and to its tasks when it goes.

import type { Call } from '#lib/call.ts'
import { type Position, decodeCursor, encodeCursor } from '#lib/cursor.ts'
import { AppError } from '#lib/errors.ts'
import { parseTime } from '#lib/time.ts'
import type { Database, Tx } from '#platform/postgres/database.ts'
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
import { mayRead, mayWrite } from './policy.ts'
import type { ContentChange, ProjectContent, ProjectRepository, Sort } from './repository.ts'

/** What deleting a project asks of tasks, within the same transaction. */
export type ProjectTasks = {
  removeAll(tx: Tx, projectId: string): Promise<void>
  detachAll(tx: Tx, projectId: string): Promise<void>
}

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  repository: ProjectRepository
  tasks: ProjectTasks
  newId(): string
}

type Removal = ProjectRemoval & { version?: number | undefined }

export function createProjects({ database, repository, tasks, newId }: Needs) {
  return { create, get, list, change, replace, remove }

  async function create(call: Call, project: NewProject): Promise<Project> {
    requireWriter(call)
    const content = contentOf(project)
    return await repository.insert(database.on(call.signal), {
      id: newId(),
      owner_id: call.caller.id,
      ...content,
    })
  }

  async function get(call: Call, id: string): Promise<Project> {
    if (!mayRead(call.caller)) throw notFound()
    const project = await repository.find(database.on(call.signal), id)
    if (!project) throw notFound()
    return project
  }

  async function list(call: Call, query: ProjectQuery): Promise<ProjectPage> {
    if (!mayRead(call.caller)) return { data: [], next_cursor: null }
    const { sort: order = '-created_at', cursor, limit = LIMIT_DEFAULT, ...filter } = query
    const sort = sortOf(order)
    const after = cursor === undefined ? undefined : decodeCursor(cursor, order, isKeyOf(sort))
    // One more than is shown says whether there is another page.
    const listing = { filter, sort, after, limit: limit + 1 }
    const projects = await repository.list(database.on(call.signal), listing)
    const last = projects.length > limit ? projects[limit - 1] : undefined
    return {
      data: projects.slice(0, limit),
      next_cursor: last ? encodeCursor(order, positionOf(last, sort)) : null,
    }
  }

  async function change(call: Call, id: string, { version, ...given }: ProjectChange) {
    requireWriter(call)
    return await update(call, { id, version, change: changeOf(given) })
  }

  async function replace(call: Call, id: string, { version, ...project }: ProjectReplacement) {
    requireWriter(call)
    return await update(call, { id, version, change: contentOf(project) })
  }

  /** @throws AppError `project_not_empty` where it has tasks and nothing was said about them. */
  async function remove(call: Call, id: string, { version, tasks: fate }: Removal): Promise<void> {
    requireWriter(call)
    if (fate !== undefined) return await removeWithTasks(call, id, { version, tasks: fate })
    const removed = await repository.remove(database.on(call.signal), id, version)
    if (!removed) throw await whyNot(call, id, version)
  }

  async function removeWithTasks(call: Call, id: string, { version, tasks: fate }: Removal) {
    await database.transaction(call.signal, async tx => {
      const project = await repository.lock(tx, id)
      if (!project) throw notFound()
      if (version !== undefined && version !== project.version) throw mismatch(project, version)
      await (fate === 'delete' ? tasks.removeAll(tx, id) : tasks.detachAll(tx, id))
      await repository.remove(tx, id)
    })
  }

  type Update = { id: string; version: number | undefined; change: ContentChange }

  async function update(call: Call, { id, version, change }: Update): Promise<Project> {
    // Nothing to change leaves the version alone, and says what a change would have said.
    if (Object.values(change).every(value => value === undefined)) {
      const project = await get(call, id)
      if (version !== undefined && version !== project.version) throw mismatch(project, version)
      return project
    }
    const updated = await repository.update(database.on(call.signal), id, { change, version })
    if (!updated) throw await whyNot(call, id, version)
    return updated
  }

  // Asked only when a change has met no row.
  async function whyNot(call: Call, id: string, version: number | undefined): Promise<AppError> {
    const project = await repository.find(database.on(call.signal), id)
    return project && version !== undefined ? mismatch(project, version) : notFound()
  }
}

const requireWriter = ({ caller }: Call): void => {
  if (!mayWrite(caller)) throw new AppError('forbidden', 'You may not change projects.')
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

const notFound = () => new AppError('project_not_found', 'There is no project with this id.')

const mismatch = ({ version }: Project, expected: number) =>
  new AppError(
    'version_mismatch',
    `The project is at version ${version} by now; the change was meant for ${expected}.`,
  )
