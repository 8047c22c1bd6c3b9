// The parts of SQL that lists and searches of tasks have in common.

import type { Position } from '#lib/cursor.ts'
import { type Bind, type Value, USUAL_ROWS } from '#lib/placeholders.ts'
import type { Reach } from '#lib/rule.ts'
import type { Task, TaskFilter } from './model.ts'

/** In the order that answers show them in. A row of these is a task: nothing is mapped. */
export const NAMES = `id, title, description, status, priority, completed,
  completed_at, project_id, assignee_id, due_date, owner_id, version, created_at, updated_at`

/** The same, of the table. */
export const COLUMNS = NAMES.replace('completed,', `status = 'done' as completed,`)

export type Page = {
  reach: Reach
  filter: TaskFilter
  after: Position | undefined
  limit: number
  offset: number
}

export type Statement = {
  text: string
  values: Value[]
  /** Whether to keep it prepared: each connection has room for the usual ones, not for every combination. */
  prepare: boolean
}

const FILTERS_PREPARED_MAX = 2

export const isUsual = ({ filter, offset }: Page, rowsMax: number): boolean =>
  offset === 0 && rowsMax <= USUAL_ROWS && Object.keys(filter).length <= FILTERS_PREPARED_MAX

/** One for each status that is asked for, since an index keeps its order within one. */
export function conditionSets(filter: TaskFilter, bind: Bind): string[][] {
  const others = conditionsOf(filter, bind)
  const statuses = statusesOf(filter)
  if (statuses) return statuses.map(status => [...others, `status = ${bind(status)}`])
  return [hasIndex(filter) ? others : [...others, FROM_ALL]]
}

/**
 * The same, for lists that walk along what a user may see and check the rest on the way: said so
 * that no index is chosen by them.
 */
export function checksOf(filter: TaskFilter, bind: Bind): string[] {
  const { due_before, due_after, status: _status, completed: _completed, ...others } = filter
  const statuses = statusesOf(filter)
  const words = statuses?.map(status => `status = ${bind(status)}`) ?? []
  return [
    ...conditionsOf(others, bind).map(condition => `(${condition}) is true`),
    ...(statuses ? [`(${words.join(' or ') || 'false'}) is true`] : []),
    // These are ranges of an order, and may well be read by it.
    ...conditionsOf({ ...(due_before && { due_before }), ...(due_after && { due_after }) }, bind),
  ]
}

// True of every task. It stands in the indexes of the orders alone (see migration 0003), so that
// only what says it can be read by them.
const FROM_ALL = 'version > 0'

// Ranges of due dates have none but the order's own.
const hasIndex = ({ priority, project_id, assignee_id, owner_id }: TaskFilter) =>
  (priority ?? project_id ?? assignee_id ?? owner_id) !== undefined

// `completed` is asked for by the statuses that it stands for. Undefined: whichever.
function statusesOf({ status, completed }: TaskFilter): Task['status'][] | undefined {
  if (completed === undefined) return status && [status]
  const standing: Task['status'][] = completed ? ['done'] : ['todo', 'in_progress']
  return status ? standing.filter(one => one === status) : standing
}

function conditionsOf(filter: TaskFilter, bind: Bind): string[] {
  const conditions: string[] = []
  const where = (value: string | undefined, condition: (placeholder: string) => string) => {
    if (value !== undefined) conditions.push(condition(bind(value)))
  }
  where(filter.priority, priority => `priority = ${priority}`)
  where(filter.project_id, id => `project_id = ${id}::uuid`)
  where(filter.assignee_id, id => `assignee_id = ${id}::uuid`)
  where(filter.owner_id, id => `owner_id = ${id}::uuid`)
  where(filter.due_before, time => `due_date < ${time}::timestamptz`)
  where(filter.due_after, time => `due_date >= ${time}::timestamptz`)
  return conditions
}
