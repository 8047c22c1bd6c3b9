// The orders that lists of tasks come in, as SQL. Tasks without a due date come last, whichever way
// the order runs; an index has them elsewhere, so that they are read separately.

import type { Position } from '#lib/cursor.ts'
import type { Bind } from '#lib/placeholders.ts'
import type { Page } from './conditions.ts'

export type Sort = { column: 'created_at' | 'updated_at' | 'due_date'; descending: boolean }

export type Listing = Page & { sort: Sort }

export type Part = 'all' | 'dated' | 'undated'

/** What stands for the position after which the page begins. */
export type Bound = { key: string | null; id: string } | undefined

export const bindPosition = (after: Position | undefined, bind: Bind): Bound =>
  after && {
    key: after.key === null ? null : `${bind(after.key)}::timestamptz`,
    id: `${bind(after.id)}::uuid`,
  }

/** The parts that a page may show something of, in their order. */
export function partsOf({ sort, filter, after }: Listing): Part[] {
  if (sort.column !== 'due_date') return ['all']
  if (filter.due_before !== undefined || filter.due_after !== undefined)
    return after?.key === null ? [] : ['dated']
  return after?.key === null ? ['undated'] : ['dated', 'undated']
}

/** That a task belongs to the part, and comes after the position. */
export function conditionsIn(part: Part, { column, descending }: Sort, after: Bound): string[] {
  const own = part === 'all' ? [] : [`due_date is ${part === 'dated' ? 'not null' : 'null'}`]
  // Whoever stands among the dated has all of the undated before them.
  if (!after || (part === 'undated' && after.key !== null)) return own
  const beyond = descending ? '<' : '>'
  if (after.key === null) return [...own, `id ${beyond} ${after.id}`]
  return [...own, `(${column}, id) ${beyond} (${after.key}, ${after.id})`]
}

/** Within one part. `key` is the name of the column, where it has been given another. */
export function orderOf({ column, descending }: Sort, key: string = column): string {
  const direction = descending ? 'desc' : 'asc'
  return `${key} ${direction}, id ${direction}`
}

/** Of several parts. */
export function wholeOrderOf({ column, descending }: Sort, key: string = column): string {
  const direction = descending ? 'desc' : 'asc'
  return `${key} ${direction} nulls last, id ${direction}`
}
