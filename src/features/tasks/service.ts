// What may happen to a task.

import type { Call } from '#lib/call.ts'
import { type Caller, NOBODY } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { requireReach } from '#lib/rule.ts'
import { parseTime } from '#lib/time.ts'
import { wordsOf } from '#lib/words.ts'
import type { Once } from '#platform/idempotency/once.ts'
import type { Database, Runner } from '#platform/postgres/database.ts'
import type { NewTask, Task, TaskChange, TaskPage, TaskReplacement } from './model.ts'
import { createPages } from './pages.ts'
import { ownId } from './own-id.ts'
import { TASKS } from './policy.ts'
import { createReasons, notFound } from './reasons.ts'
import type { ContentChange, Removal, TaskContent, TaskRepository } from './repository.ts'
import type { Tasks } from './tasks.ts'

type Needs = {
  database: Pick<Database, 'on'>
  repository: TaskRepository
  once: Once
  newId(): string
}

export function createTasks({ database, repository, once, newId }: Needs): Tasks {
  const pages = createPages(repository)
  const { whyNotMade, whyNotChanged } = createReasons(repository)

  return { create, get, batchGet, list, change, replace, remove }

  async function create(call: Call, { id: asked, ...task }: NewTask & { id?: string }) {
    requireReach(call.caller, TASKS.create)
    const place = requireReach(call.caller, TASKS.place)
    const owner_id = requireUser(call.caller)
    const id = asked === undefined ? newId() : ownId(asked, owner_id)
    const content = contentOf(task)
    const made = { id, owner_id, words: wordsOf(content.title), ...content }
    return await once(call, { action: TASKS.create.action, input: task }, async on => {
      const created = await repository.insert(on, call, { task: made, place })
      if (created) return created
      // Where the id is there already, this is the same creation once more.
      const existing = await repository.find(on, id, { userId: owner_id, relations: ['owner'] })
      if (existing) return existing
      throw await whyNotMade(on, call, task)
    })
  }

  async function get(call: Call, id: string): Promise<Task> {
    const reach = requireReach(call.caller, TASKS.read)
    const task = await repository.find(database.on(call.signal), id, reach)
    if (!task) throw notFound()
    return task
  }

  async function batchGet(call: Call, ids: readonly string[]): Promise<Task[]> {
    const reach = requireReach(call.caller, TASKS.read)
    const wanted = new Set(ids.map(id => id.toLowerCase()))
    const tasks = await repository.findMany(database.on(call.signal), [...wanted], reach)
    const byId = new Map(tasks.map(task => [task.id, task]))
    return [...wanted].flatMap(id => byId.get(id) ?? [])
  }

  async function list(call: Call, query: Parameters<Tasks['list']>[1]): Promise<TaskPage> {
    const reach = requireReach(call.caller, TASKS.list)
    return await pages.read(database.on(call.signal), query, reach)
  }

  async function change(call: Call, id: string, { version, ...given }: TaskChange): Promise<Task> {
    return await update(call, id, { rule: TASKS.change, version, change: changeOf(given) })
  }

  async function replace(call: Call, id: string, { version, ...task }: TaskReplacement) {
    return await update(call, id, { rule: TASKS.replace, version, change: contentOf(task) })
  }

  async function remove(call: Call, id: string, version?: number): Promise<void> {
    const reach = requireReach(call.caller, TASKS.remove)
    const on = database.on(call.signal)
    const removed = await repository.remove(on, call, { id, version, reach })
    if (!removed) throw await whyNotChanged(on, call, { id, version, reach })
  }

  type Update = { rule: ChangeRule; version: number | undefined; change: ContentChange }

  async function update(call: Call, id: string, { rule, version, change }: Update): Promise<Task> {
    const reach = requireReach(call.caller, rule)
    const place = requireReach(call.caller, TASKS.place)
    const on = database.on(call.signal)
    if (isEmpty(change)) return await unchanged(on, call, { id, version, reach })
    const words = change.title === undefined ? undefined : wordsOf(change.title)
    const given = { action: rule.action, change, words, version, reach, place }
    const updated = await repository.update(on, call, { id, ...given })
    if (!updated) throw await whyNotChanged(on, call, { id, version, reach, change })
    return updated
  }

  // Leaves the version alone, and says what a change would have said.
  async function unchanged(on: Runner, call: Call, given: Removal & { id: string }): Promise<Task> {
    const { id, version, reach } = given
    const task = await repository.find(on, id, reach)
    if (!task || (version !== undefined && version !== task.version))
      throw await whyNotChanged(on, call, given)
    return task
  }
}

type ChangeRule = typeof TASKS.change | typeof TASKS.replace

const isEmpty = (change: ContentChange) => Object.values(change).every(value => value === undefined)

// Whoever acts for nobody, such as the command line, has no tasks.
function requireUser({ userId }: Caller): string {
  if (userId !== NOBODY) return userId
  throw new AppError('forbidden', 'A task belongs to a user, and you act for none.')
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
