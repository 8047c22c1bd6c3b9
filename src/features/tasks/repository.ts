// Tasks in PostgreSQL. Every function is one statement, and its rows are tasks as they stand; what a
// caller may not see or do is left out by the statement itself.

import type { Call } from '#lib/call.ts'
import type { Position } from '#lib/cursor.ts'
import type { Reach } from '#lib/rule.ts'
import { whoOf } from '#platform/audit/statement.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { callerIsGone, onConstraint } from '#platform/postgres/errors.ts'
import { COLUMNS } from './conditions.ts'
import { listStatement } from './listing.ts'
import type { Task } from './model.ts'
import type { Listing } from './ordering.ts'
import { noSuch, type Placement, type Standing } from './placing.ts'
import { isWithin, memberCondition, onceForEach, userOf } from './reaching.ts'
import { type Search, searchStatement } from './searching.ts'
import {
  DETACH_ALL,
  REMOVE_ALL,
  insertStatement,
  removeStatement,
  updateStatements,
} from './writing.ts'

/** What a task is made of; everything else follows from it. */
export type TaskContent = Pick<
  Task,
  'title' | 'description' | 'status' | 'priority' | 'project_id' | 'assignee_id' | 'due_date'
>

/** Null clears; what is absent stays. */
export type ContentChange = { [Field in keyof TaskContent]?: TaskContent[Field] | undefined }

export type Insertion = {
  task: TaskContent & Pick<Task, 'id' | 'owner_id'> & { words: readonly string[] }
  place: Reach
}

/** How a change is called in the audit log. */
export type ChangeAction = keyof typeof updateStatements

export type Update = {
  action: ChangeAction
  change: ContentChange
  /** The title's, where the title changes. */
  words: readonly string[] | undefined
  /** The only version that the change is meant for. */
  version: number | undefined
  /** The tasks that may be changed. */
  reach: Reach
  /** The projects that a task may be put into, and the people in them that it may be given to. */
  place: Reach
}

export type Removal = { version: number | undefined; reach: Reach }

/** What a caller sees of a task that a change has not met. */
export type Judgement = Pick<Task, 'version' | 'project_id' | 'assignee_id'> & { may: boolean }

export type TaskRepository = ReturnType<typeof createTaskRepository>

export function createTaskRepository() {
  return {
    insert,
    find,
    findMany,
    list,
    search,
    update,
    remove,
    removeAll,
    detachAll,
    judge,
    standing,
  }

  /** Undefined where a task with this id exists already, or it may not be put where it is to be. */
  async function insert(on: Runner, call: Call, { task, place }: Insertion) {
    const { id, owner_id, words } = task
    const what = [id, owner_id, ...contentOf(task), [...words]]
    const values = [...whoOf(call), ...what, ...userOf(place)]
    const [inserted] = await on
      .run(sql => sql.unsafe<Task[]>(insertStatement(place), values, PREPARED))
      .catch(onReference)
    return inserted
  }

  async function find(on: Runner, id: string, reach: Reach) {
    const values = [id, ...userOf(reach)]
    const [task] = await on.run(sql => sql.unsafe<Task[]>(findStatement(reach), values, PREPARED))
    return task
  }

  /** In no order. */
  async function findMany(on: Runner, ids: readonly string[], reach: Reach): Promise<Task[]> {
    const values = [[...ids], ...userOf(reach)]
    const text = findManyStatement(reach)
    return [...(await on.run(sql => sql.unsafe<Task[]>(text, values, PREPARED)))]
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

  /** Undefined where no such task is within reach, has the version expected, and may go where it is to go. */
  async function update(on: Runner, call: Call, given: Update & { id: string }) {
    const { id, action, change, words, version, reach, place } = given
    const isGiven = GIVEN_BY_NULL.map(field => change[field] !== undefined)
    const named = words ? [...words] : null
    const what = [id, version ?? null, ...contentOf(change), named, ...isGiven]
    const values = [...whoOf(call), ...what, ...userOf(reach, place)]
    const text = updateStatements[action](reach, place)
    const [updated] = await on
      .run(sql => sql.unsafe<Task[]>(text, values, PREPARED))
      .catch(onReference)
    return updated
  }

  /** False where no such task is within reach and has the version expected. */
  async function remove(on: Runner, call: Call, { id, version, reach }: Removal & { id: string }) {
    const values = [...whoOf(call), id, version ?? null, ...userOf(reach)]
    const rows = await on.run(sql => sql.unsafe<object[]>(removeStatement(reach), values, PREPARED))
    return rows.length > 0
  }

  /** Every task of a project, deleted. */
  async function removeAll(on: Runner, projectId: string, call: Call): Promise<void> {
    await on.run(sql => sql.unsafe<object[]>(REMOVE_ALL, [...whoOf(call), projectId], PREPARED))
  }

  /** Every task of a project, left without one. */
  async function detachAll(on: Runner, projectId: string, call: Call): Promise<void> {
    await on.run(sql => sql.unsafe<object[]>(DETACH_ALL, [...whoOf(call), projectId], PREPARED))
  }

  /** Asked only when a change has met no row. */
  async function standing(on: Runner, { into, to, within }: Placement, place: Reach) {
    const values = place === 'any' ? [into, to] : [into, to, within, place.userId]
    const text = standingStatement(place)
    const [found] = await on.run(sql => sql.unsafe<Standing[]>(text, values, PREPARED))
    return found
  }

  /** A task as far as it is `seen`, and whether it is within reach as well. */
  async function judge(on: Runner, id: string, { seen, reach }: { seen: Reach; reach: Reach }) {
    const values = [id, ...userOf(seen, reach)]
    const text = judgeStatement(seen, reach)
    const [judgement] = await on.run(sql => sql.unsafe<Judgement[]>(text, values, PREPARED))
    return judgement
  }
}

const PREPARED = { prepare: true } as const

// Fields where null is a value of its own, so that a change has to say whether it gives one.
const GIVEN_BY_NULL = ['project_id', 'assignee_id', 'due_date'] as const

// As the statements have them.
const contentOf = (task: ContentChange) => [
  task.title ?? null,
  task.description ?? null,
  task.status ?? null,
  task.priority ?? null,
  task.project_id ?? null,
  task.assignee_id ?? null,
  task.due_date ?? null,
]

const findStatement = onceForEach(
  (reach: Reach) => `select ${COLUMNS} from tasks where id = $1 and ${isWithin(reach, '$2::uuid')}`,
)

const findManyStatement = onceForEach(
  (reach: Reach) =>
    `select ${COLUMNS} from tasks where id = any ($1::uuid[]) and ${isWithin(reach, '$2::uuid')}`,
)

const judgeStatement = onceForEach(
  (seen: Reach, reach: Reach) =>
    `select version, project_id, assignee_id, ${isWithin(reach, '$2::uuid')} as may
     from tasks where id = $1 and ${isWithin(seen, '$2::uuid')}`,
)

const standingStatement = onceForEach((place: Reach) => {
  const isThere = 'exists (select from projects where id = $1::uuid)'
  const isMember = (project: string, more: string) =>
    `exists (select from project_members m where m.project_id = ${project} and ${more})`
  const isActive = 'exists (select from users u where u.id = $2::uuid and u.is_active)'
  return `select ${isThere} as "isThere",
    ${place === 'any' ? 'true' : isMember('$1::uuid', 'm.user_id = $4::uuid')} as "isMember",
    ${place === 'any' ? 'true' : isMember('$1::uuid', memberCondition(place, '$4::uuid') ?? 'false')}
      as "mayPlace",
    ${
      place === 'any'
        ? isActive
        : `$2::uuid = $4::uuid or (${isActive} and ${isMember('$3::uuid', 'm.user_id = $2::uuid')})`
    } as "mayTake"`
})

const onReference = onConstraint({
  tasks_project_id_fkey: () => noSuch('project_id'),
  tasks_assignee_id_fkey: () => noSuch('assignee_id'),
  tasks_owner_id_fkey: callerIsGone,
})
