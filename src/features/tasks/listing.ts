// The SQL of a page of tasks, made so that an index gives the rows in their order, and no more of
// them than the page shows are read, however many tasks there are (see migration 0003).

import type { Position } from '#lib/cursor.ts'
import {
  type Bind,
  type Value,
  USUAL_ROWS,
  createPlaceholders,
  roundUpRows,
} from '#lib/placeholders.ts'
import { afterPrefix } from '#lib/words.ts'
import type { Task, TaskFilter } from './model.ts'

/** In the order that answers show them in. A row of these is a task: nothing is mapped. */
export const COLUMNS = `id, title, description, status, priority, status = 'done' as completed,
  completed_at, project_id, assignee_id, due_date, owner_id, version, created_at, updated_at`

export type Sort = { column: 'created_at' | 'updated_at' | 'due_date'; descending: boolean }

type Page = { filter: TaskFilter; after: Position | undefined; limit: number; offset: number }

export type Listing = Page & { sort: Sort }
export type Search = Page & { words: readonly string[] }

type Statement = {
  text: string
  values: Value[]
  /** Whether to keep it prepared: each connection has room for the usual ones, not for every combination. */
  prepare: boolean
}

const FILTERS_PREPARED_MAX = 2

/** Undefined where the conditions contradict each other, so that nothing can be found. */
export function listStatement(listing: Listing): Statement | undefined {
  const { filter, sort, limit, offset } = listing
  const statuses = statusesOf(filter)
  const { bind, values } = createPlaceholders()
  const rowsMax = roundUpRows(offset + limit)
  const branches = (statuses ?? [undefined]).flatMap(status =>
    partsOf(listing).map(part => branch({ listing, status, part, rowsMax }, bind)),
  )
  // Each branch comes in order by itself; several are merged by sorting what they have read, which
  // is a few pages at most.
  if (branches.length === 0) return undefined
  const text =
    branches.length === 1
      ? `select * from (${branches[0]}) page limit ${bind(limit)}`
      : `select * from (${branches.map(one => `(${one})`).join(' union all ')}) page
         order by ${orderOf(sort)} limit ${bind(limit)}`
  return {
    text: offset === 0 ? text : `${text} offset ${bind(offset)}`,
    values,
    prepare: isUsual(listing, rowsMax),
  }
}

/**
 * Tasks in whose titles every word of the search begins a word. The first word, which should be the
 * one that begins the fewest, is walked along in the index of words; the others are checked on the
 * way. A task with two such words is shown once, at the lesser of them.
 */
export function searchStatement(search: Search): Statement {
  const { words, filter, after, limit, offset } = search
  const { bind, values } = createPlaceholders()
  const [first = '', ...others] = words
  const [from, to] = [bind(first), bind(afterPrefix(first))]
  const rowsMax = roundUpRows(offset + limit)
  const conditions = [
    `id = w.task_id`,
    ...conditionsOf(filter, bind),
    ...statusCondition(filter, bind),
    ...others.map(word => {
      const [low, high] = [bind(word), bind(afterPrefix(word))]
      return `exists (select from unnest(words) x where x >= ${low} and x < ${high})`
    }),
    `not exists (select from unnest(words) x where x >= ${from} and x < w.word)`,
  ]
  const start = after
    ? `(w.word, w.task_id) > (${bind(after.key ?? '')}, ${bind(after.id)}::uuid)`
    : `w.word >= ${from}`
  // `offset 0` keeps the planner from turning the walk round: the order would have to be sorted.
  const text = `select * from (
      select w.word, task.* from task_words w
      cross join lateral (select ${COLUMNS} from tasks where ${conditions.join(' and ')} offset 0) task
      where ${start} and w.word < ${to}
      order by w.word, w.task_id limit ${rowsMax}
    ) page limit ${bind(limit)} offset ${bind(offset)}`
  return { text, values, prepare: isUsual(search, rowsMax) && words.length <= 2 }
}

type Part = 'all' | 'dated' | 'undated'

// Tasks without a due date come last, whichever way the order runs; they are read separately.
function partsOf({ sort, filter, after }: Listing): Part[] {
  if (sort.column !== 'due_date') return ['all']
  if (filter.due_before !== undefined || filter.due_after !== undefined)
    return after?.key === null ? [] : ['dated']
  return after?.key === null ? ['undated'] : ['dated', 'undated']
}

type Branch = {
  listing: Listing
  status: Task['status'] | undefined
  part: Part
  rowsMax: number
}

function branch({ listing, status, part, rowsMax }: Branch, bind: Bind): string {
  const { column, descending } = listing.sort
  const conditions = [
    ...conditionsOf(listing.filter, bind),
    ...(status ? [`status = ${bind(status)}`] : []),
    ...(status || hasIndex(listing.filter) ? [] : [FROM_ALL]),
    ...(part === 'all' ? [] : [`due_date is ${part === 'dated' ? 'not null' : 'null'}`]),
    ...positionCondition(listing, part, bind),
  ]
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  const direction = descending ? 'desc' : 'asc'
  // A literal limit tells the planner how little is wanted, whatever the page's own is.
  return `select ${COLUMNS} from tasks ${where}
    order by ${column} ${direction}, id ${direction} limit ${rowsMax}`
}

// True of every task. It stands in the indexes of the orders alone (see migration 0003), so that
// only what says it can be read by them.
const FROM_ALL = 'version > 0'

// Ranges of due dates have none but the order's own.
const hasIndex = ({ priority, project_id, assignee_id, owner_id }: TaskFilter) =>
  (priority ?? project_id ?? assignee_id ?? owner_id) !== undefined

function positionCondition({ sort, after }: Listing, part: Part, bind: Bind): string[] {
  // Whoever stands among the dated has all of the undated before them.
  if (!after || (part === 'undated' && after.key !== null)) return []
  const beyond = sort.descending ? '<' : '>'
  const id = `${bind(after.id)}::uuid`
  if (after.key === null) return [`id ${beyond} ${id}`]
  return [`(${sort.column}, id) ${beyond} (${bind(after.key)}::timestamptz, ${id})`]
}

const orderOf = ({ column, descending }: Sort) =>
  descending ? `${column} desc nulls last, id desc` : `${column} asc nulls last, id asc`

// `completed` is asked for by the statuses that it stands for. Undefined: whichever.
function statusesOf({ status, completed }: TaskFilter): Task['status'][] | undefined {
  if (completed === undefined) return status && [status]
  const standing: Task['status'][] = completed ? ['done'] : ['todo', 'in_progress']
  return status ? standing.filter(one => one === status) : standing
}

function statusCondition(filter: TaskFilter, bind: Bind): string[] {
  const statuses = statusesOf(filter)
  return statuses ? [`status = any (array[${statuses.map(bind).join()}]::text[])`] : []
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

const isUsual = ({ filter, offset }: Page, rowsMax: number) =>
  offset === 0 && rowsMax <= USUAL_ROWS && Object.keys(filter).length <= FILTERS_PREPARED_MAX
