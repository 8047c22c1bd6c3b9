// The SQL of a page of projects.

import type { Position } from '#lib/cursor.ts'
import { type Bind, USUAL_ROWS, createPlaceholders, roundUpRows } from '#lib/placeholders.ts'
import type { Reach } from '#lib/rule.ts'
import type { ProjectFilter } from './model.ts'
import { isMember } from './reaching.ts'

export const COLUMNS = 'id, name, description, status, owner_id, version, created_at, updated_at'

export type Sort = { column: 'created_at' | 'updated_at' | 'name'; descending: boolean }

/** One row more than the page shows says whether another follows. */
export type Listing = {
  reach: Reach
  filter: ProjectFilter
  sort: Sort
  after: Position | undefined
  limit: number
}

/**
 * Of all projects, along an index of the order, so that a page costs what is on it. Of those that
 * somebody is a member of, by their memberships, so that it costs what is theirs, however many
 * projects others have: `offset 0` keeps the planner from looking for theirs among everybody's by an
 * index of the order or of a filter.
 */
export function listStatement({ reach, filter, sort, after, limit }: Listing) {
  const { bind, values } = createPlaceholders()
  const { column, descending } = sort
  const direction = descending ? 'desc' : 'asc'
  const order = `order by ${column} ${direction}, id ${direction}`
  const conditions = [
    ...(filter.status === undefined ? [] : [`status = ${bind(filter.status)}`]),
    ...(filter.owner_id === undefined ? [] : [`owner_id = ${bind(filter.owner_id)}::uuid`]),
    ...(after
      ? [`(${column}, id) ${descending ? '<' : '>'} ${position(after, column, bind)}`]
      : []),
  ]
  const rowsMax = roundUpRows(limit)
  const rows =
    reach === 'any'
      ? `select ${COLUMNS} from projects ${where(conditions)}`
      : `select p.* from (
          select m.project_id from project_members m where ${isMember(reach, `${bind(reach.userId)}::uuid`)}
        ) mine cross join lateral (
          select ${COLUMNS} from projects where id = mine.project_id offset 0
        ) p ${where(conditions)}`
  const text = `select * from (${rows} ${order} limit ${rowsMax}) page limit ${bind(limit)}`
  return { text, values, prepare: rowsMax <= USUAL_ROWS }
}

const where = (conditions: readonly string[]) =>
  conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''

const position = ({ key, id }: Position, column: Sort['column'], bind: Bind) =>
  `(${bind(key ?? '')}::${column === 'name' ? 'text' : 'timestamptz'}, ${bind(id)}::uuid)`
