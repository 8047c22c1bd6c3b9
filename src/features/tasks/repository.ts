// Tasks in PostgreSQL. SQL lives here, in listing.ts and in searching.ts, and nowhere else in this
// feature. Every
// function is one statement, and its rows are tasks as they stand.

import { AppError } from '#lib/errors.ts'
import type { Position } from '#lib/cursor.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { onConstraint } from '#platform/postgres/errors.ts'
import { COLUMNS } from './conditions.ts'
import { type Listing, listStatement } from './listing.ts'
import type { Task } from './model.ts'
import { type Search, searchStatement } from './searching.ts'

/** What a task is made of; everything else follows from it. */
export type TaskContent = Pick<
  Task,
  'title' | 'description' | 'status' | 'priority' | 'project_id' | 'assignee_id' | 'due_date'
>

/** Null clears; what is absent stays. */
export type ContentChange = { [Field in keyof TaskContent]?: TaskContent[Field] | undefined }

type Words = { words: readonly string[] }

export type Update = {
  change: ContentChange
  /** The title's, where the title changes. */
  words: readonly string[] | undefined
  /** The only version that the change is meant for. */
  version: number | undefined
}

export type TaskRepository = ReturnType<typeof createTaskRepository>

export function createTaskRepository() {
  return { insert, find, findMany, list, search, update, remove, removeAll, detachAll }

  /** Undefined where a task with this id exists already. */
  async function insert(on: Runner, task: TaskContent & Words & Pick<Task, 'id' | 'owner_id'>) {
    const [inserted] = await on
      .run(sql =>
        sql.unsafe<Task[]>(
          INSERT,
          [task.id, task.owner_id, ...contentOf(task), [...task.words]],
          PREPARED,
        ),
      )
      .catch(onReference)
    return inserted
  }

  async function find(on: Runner, id: string) {
    const [task] = await on.run(sql => sql.unsafe<Task[]>(FIND, [id], PREPARED))
    return task
  }

  /** In no order. */
  async function findMany(on: Runner, ids: readonly string[]): Promise<Task[]> {
    return [...(await on.run(sql => sql.unsafe<Task[]>(FIND_MANY, [[...ids]], PREPARED)))]
  }

  async function list(on: Runner, listing: Listing): Promise<Task[]> {
    const statement = listStatement(listing)
    if (!statement) return []
    const { text, values, prepare } = statement
    return await on.run(sql => sql.unsafe<Task[]>(text, values, { prepare }))
  }

  /** Tasks with their positions in the order of the search. */
  async function search(on: Runner, search: Search): Promise<{ task: Task; at: Position }[]> {
    const statement = searchStatement(search)
    if (!statement) return []
    const { text, values, prepare } = statement
    const rows = await on.run(sql =>
      sql.unsafe<(Task & { word: string })[]>(text, values, { prepare }),
    )
    return rows.map(({ word, ...task }) => ({ task, at: { key: word, id: task.id } }))
  }

  /** Undefined where there is no such task, or it has another version than the one expected. */
  async function update(on: Runner, id: string, { change, words, version }: Update) {
    const given = GIVEN_BY_NULL.map(field => change[field] !== undefined)
    const [updated] = await on
      .run(sql =>
        sql.unsafe<Task[]>(
          UPDATE,
          [id, version ?? null, ...contentOf(change), words ? [...words] : null, ...given],
          PREPARED,
        ),
      )
      .catch(onReference)
    return updated
  }

  /** False where there is no such task, or it has another version than the one expected. */
  async function remove(on: Runner, id: string, version?: number): Promise<boolean> {
    const rows = await on.run(sql => sql.unsafe<object[]>(REMOVE, [id, version ?? null], PREPARED))
    return rows.length > 0
  }

  /** Every task of a project, deleted. */
  async function removeAll(on: Runner, projectId: string): Promise<void> {
    await on.run(sql => sql`delete from tasks where project_id = ${projectId}`)
  }

  /** Every task of a project, left without one. */
  async function detachAll(on: Runner, projectId: string): Promise<void> {
    await on.run(
      sql => sql`
        update tasks set project_id = null, version = version + 1, updated_at = now()
        where project_id = ${projectId}`,
    )
  }
}

const PREPARED = { prepare: true } as const

// Fields where null is a value of its own, so that a change has to say whether it gives one.
const GIVEN_BY_NULL = ['project_id', 'assignee_id', 'due_date'] as const

// As $3 to $9.
const contentOf = (task: ContentChange) => [
  task.title ?? null,
  task.description ?? null,
  task.status ?? null,
  task.priority ?? null,
  task.project_id ?? null,
  task.assignee_id ?? null,
  task.due_date ?? null,
]

const FIND = `select ${COLUMNS} from tasks where id = $1`

const FIND_MANY = `select ${COLUMNS} from tasks where id = any ($1::uuid[])`

const INSERT = `insert into tasks
    (id, owner_id, title, description, status, priority, project_id, assignee_id, due_date,
     completed_at, words)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $5 = 'done' then now() end, $10::text[])
  on conflict (id) do nothing
  returning ${COLUMNS}`

// The version is compared in the statement itself, so that of two writers only one can win. What
// is not named stays as it is at that moment, so that changes of different fields both hold.
const UPDATE = `update tasks set
    title = coalesce($3, title),
    description = coalesce($4, description),
    status = coalesce($5, status),
    priority = coalesce($6, priority),
    project_id = case when $11::boolean then $7::uuid else project_id end,
    assignee_id = case when $12::boolean then $8::uuid else assignee_id end,
    due_date = case when $13::boolean then $9::timestamptz else due_date end,
    words = coalesce($10::text[], words),
    completed_at = case
      when coalesce($5, status) <> 'done' then null
      when status = 'done' then completed_at
      else now()
    end,
    version = version + 1,
    updated_at = greatest(now(), updated_at)
  where id = $1 and ($2::bigint is null or version = $2)
  returning ${COLUMNS}`

const REMOVE = `delete from tasks where id = $1 and ($2::bigint is null or version = $2) returning id`

const onReference = onConstraint({
  tasks_project_id_fkey: () => noSuch('project_id', 'project'),
  tasks_assignee_id_fkey: () => noSuch('assignee_id', 'user'),
})

const noSuch = (field: string, what: string) => {
  const detail = `names no ${what}`
  return new AppError('reference_not_found', `\`${field}\` ${detail}.`, {
    errors: [{ pointer: `/${field}`, detail }],
  })
}
