// What may happen to a task.

import type { Call } from '#lib/call.ts'
import { AppError } from '#lib/errors.ts'
import { parseTime } from '#lib/time.ts'
import { wordsOf } from '#lib/words.ts'
import type { Database } from '#platform/postgres/database.ts'
import type { NewTask, Task, TaskChange, TaskPage, TaskReplacement } from './model.ts'
import { createPages } from './pages.ts'
import { mayRead, mayWrite } from './policy.ts'
import type { ContentChange, TaskContent, TaskRepository } from './repository.ts'
import type { Tasks } from './tasks.ts'

type Needs = { database: Pick<Database, 'on'>; repository: TaskRepository; newId(): string }

export function createTasks({ database, repository, newId }: Needs): Tasks {
  const pages = createPages(repository)

  return { create, get, batchGet, list, change, replace, remove }

  async function create(call: Call, { id = newId(), ...task }: NewTask & { id?: string }) {
    requireWriter(call)
    const on = database.on(call.signal)
    const content = contentOf(task)
    const words = wordsOf(content.title)
    const owner_id = call.caller.id
    const created = await repository.insert(on, { id, owner_id, words, ...content })
    if (created) return created
    // The id is there already: this is the same creation once more, unless it is somebody else's.
    const existing = await repository.find(on, id)
    if (existing?.owner_id === owner_id) return existing
    throw new AppError('validation_failed', 'The id of the new task is taken.', {
      errors: [{ pointer: '/id', detail: 'is taken' }],
    })
  }

  async function get(call: Call, id: string): Promise<Task> {
    if (!mayRead(call.caller)) throw notFound()
    return await found(call, id)
  }

  async function batchGet(call: Call, ids: readonly string[]): Promise<Task[]> {
    if (!mayRead(call.caller)) return []
    const wanted = new Set(ids.map(id => id.toLowerCase()))
    const tasks = await repository.findMany(database.on(call.signal), [...wanted])
    const byId = new Map(tasks.map(task => [task.id, task]))
    return [...wanted].flatMap(id => byId.get(id) ?? [])
  }

  async function list(call: Call, query: Parameters<Tasks['list']>[1]): Promise<TaskPage> {
    if (!mayRead(call.caller)) return { data: [], next_cursor: null }
    return await pages.read(database.on(call.signal), query)
  }

  async function change(call: Call, id: string, { version, ...given }: TaskChange): Promise<Task> {
    requireWriter(call)
    return await update(call, { id, version, change: changeOf(given) })
  }

  async function replace(call: Call, id: string, { version, ...task }: TaskReplacement) {
    requireWriter(call)
    return await update(call, { id, version, change: contentOf(task) })
  }

  async function remove(call: Call, id: string, expectedVersion?: number): Promise<void> {
    requireWriter(call)
    const removed = await repository.remove(database.on(call.signal), id, expectedVersion)
    if (!removed) throw await whyNot(call, id, expectedVersion)
  }

  type Update = { id: string; version: number | undefined; change: ContentChange }

  async function update(call: Call, { id, version, change }: Update): Promise<Task> {
    // Nothing to change leaves the version alone, and says what a change would have said.
    if (Object.values(change).every(value => value === undefined)) {
      const task = await found(call, id)
      if (version !== undefined && version !== task.version) throw mismatch(task, version)
      return task
    }
    const words = change.title === undefined ? undefined : wordsOf(change.title)
    const on = database.on(call.signal)
    const updated = await repository.update(on, id, { change, words, version })
    if (!updated) throw await whyNot(call, id, version)
    return updated
  }

  async function found(call: Call, id: string): Promise<Task> {
    const task = await repository.find(database.on(call.signal), id)
    if (!task) throw notFound()
    return task
  }

  // Asked only when a change has met no row.
  async function whyNot(call: Call, id: string, version: number | undefined): Promise<AppError> {
    const task = await repository.find(database.on(call.signal), id)
    return task && version !== undefined ? mismatch(task, version) : notFound()
  }
}

const requireWriter = ({ caller }: Call): void => {
  if (!mayWrite(caller)) throw new AppError('forbidden', 'You may not change tasks.')
}

const contentOf = (task: NewTask): TaskContent => ({
  title: task.title,
  description: task.description ?? '',
  status: task.status ?? 'todo',
  priority: task.priority ?? 'medium',
  project_id: task.project_id ?? null,
  assignee_id: task.assignee_id ?? null,
  due_date: toUtc(task.due_date) ?? null,
})

// Null puts a field back to what it is when nobody says anything.
const changeOf = (change: Omit<TaskChange, 'version'>): ContentChange => ({
  title: change.title,
  description: change.description === null ? '' : change.description,
  status: change.status === null ? 'todo' : change.status,
  priority: change.priority === null ? 'medium' : change.priority,
  project_id: change.project_id,
  assignee_id: change.assignee_id,
  due_date: toUtc(change.due_date),
})

// The shape has seen to it that the time can be parsed.
const toUtc = (time: string | null | undefined) => time && (parseTime(time) ?? null)

const notFound = () => new AppError('task_not_found', 'There is no task with this id.')

const mismatch = ({ version }: Task, expected: number) =>
  new AppError(
    'version_mismatch',
    `The task is at version ${version} by now; the change was meant for ${expected}.`,
  )
