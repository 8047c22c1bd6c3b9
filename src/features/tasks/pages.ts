// Pages of tasks: in one of the orders, or by a search, which has an order of its own.

import { type Position, decodeCursor, encodeCursor } from '#lib/cursor.ts'
import type { Reach } from '#lib/rule.ts'
import { invalidQuery } from '#lib/shape.ts'
import { parseTime } from '#lib/time.ts'
import { wordsOf } from '#lib/words.ts'
import type { Runner } from '#platform/postgres/database.ts'
import type { Sort } from './ordering.ts'
import {
  LIMIT_DEFAULT,
  type Task,
  type TaskFilter,
  type TaskPage,
  type TaskQuery,
} from './model.ts'
import type { TaskRepository } from './repository.ts'

type Query = TaskQuery & { offset?: number }
type Found = { tasks: readonly Task[]; positionOf(index: number): Position }

export function createPages(repository: Pick<TaskRepository, 'list' | 'search'>) {
  return { read }

  async function read(on: Runner, query: Query, reach: Reach): Promise<TaskPage> {
    const { limit = LIMIT_DEFAULT } = query
    // One more than is shown says whether there is another page.
    const { tasks, positionOf } = await (query.q === undefined ? listed : searched)(
      on,
      query,
      reach,
    )
    if (tasks.length <= limit) return { data: [...tasks], next_cursor: null }
    const next_cursor = encodeCursor(orderOf(query), positionOf(limit - 1))
    return { data: tasks.slice(0, limit), next_cursor }
  }

  async function listed(on: Runner, query: Query, reach: Reach): Promise<Found> {
    const sort = sortOf(query)
    const isKey = (key: string | null) =>
      key === null ? sort.column === 'due_date' : parseTime(key) === key
    const tasks = await repository.list(on, { ...pageOf(query, isKey), reach, sort })
    const positionOf = (index: number) => {
      const task = tasks[index]!
      return { key: task[sort.column], id: task.id }
    }
    return { tasks, positionOf }
  }

  async function searched(on: Runner, query: Query, reach: Reach): Promise<Found> {
    if (query.sort !== undefined)
      throw invalidQuery([
        { parameter: 'sort', detail: 'cannot be given with `q`, which has an order of its own' },
      ])
    const words = wordsSought(query)
    if (words.length === 0)
      throw invalidQuery([{ parameter: 'q', detail: 'must contain a letter, a digit or an emoji' }])
    const isKey = (key: string | null) => key !== null && key.startsWith(words[0] ?? '')
    const found = await repository.search(on, { ...pageOf(query, isKey), reach, words })
    return { tasks: found.map(({ task }) => task), positionOf: index => found[index]!.at }
  }
}

// The longest word first: it begins the fewest words of titles.
const wordsSought = ({ q = '' }: Query): string[] => wordsOf(q).sort((a, b) => b.length - a.length)

const sortOf = ({ sort = '-created_at' }: Query): Sort => {
  const descending = sort.startsWith('-')
  return { column: (descending ? sort.slice(1) : sort) as Sort['column'], descending }
}

/** What a cursor is bound to; a search by the same words in another order is the same search. */
function orderOf(query: Query): string {
  if (query.q === undefined) return query.sort ?? '-created_at'
  return `q:${Bun.hash(wordsSought(query).join(' ')).toString(36)}`
}

function pageOf(query: Query, isKey: (key: string | null) => boolean) {
  const { limit = LIMIT_DEFAULT, offset = 0, cursor } = query
  return {
    filter: filterOf(query),
    after: cursor === undefined ? undefined : decodeCursor(cursor, orderOf(query), isKey),
    limit: limit + 1,
    offset,
  }
}

function filterOf({
  q: _q,
  sort: _sort,
  cursor: _cursor,
  limit: _limit,
  ...query
}: Query): TaskFilter {
  const { offset: _offset, due_before, due_after, ...filter } = query
  return {
    ...filter,
    ...(due_before !== undefined && { due_before: parseTime(due_before) ?? due_before }),
    ...(due_after !== undefined && { due_after: parseTime(due_after) ?? due_after }),
  }
}
