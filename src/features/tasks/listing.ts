// The SQL of a page of tasks, made so that an index gives the rows in their order, and no more of
// them than the page shows are read, however many tasks there are (see migration 0003).

import { type Bind, createPlaceholders, roundUpRows } from '#lib/placeholders.ts'
import { COLUMNS, type Page, type Statement, conditionSets, isUsual } from './conditions.ts'

export type Sort = { column: 'created_at' | 'updated_at' | 'due_date'; descending: boolean }

export type Listing = Page & { sort: Sort }

/** Undefined where the conditions contradict each other, so that nothing can be found. */
export function listStatement(listing: Listing): Statement | undefined {
  const { filter, sort, limit, offset } = listing
  const { bind, values } = createPlaceholders()
  const rowsMax = roundUpRows(offset + limit)
  const branches = conditionSets(filter, bind).flatMap(conditions =>
    partsOf(listing).map(part => branch({ listing, conditions, part, rowsMax }, bind)),
  )
  if (branches.length === 0) return undefined
  // Each branch comes in order by itself; several are merged by sorting what they have read, which
  // is a few pages at most.
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

type Part = 'all' | 'dated' | 'undated'

// Tasks without a due date come last, whichever way the order runs; they are read separately.
function partsOf({ sort, filter, after }: Listing): Part[] {
  if (sort.column !== 'due_date') return ['all']
  if (filter.due_before !== undefined || filter.due_after !== undefined)
    return after?.key === null ? [] : ['dated']
  return after?.key === null ? ['undated'] : ['dated', 'undated']
}

type Branch = { listing: Listing; conditions: readonly string[]; part: Part; rowsMax: number }

function branch({ listing, conditions, part, rowsMax }: Branch, bind: Bind): string {
  const { column, descending } = listing.sort
  const where = [
    ...conditions,
    ...(part === 'all' ? [] : [`due_date is ${part === 'dated' ? 'not null' : 'null'}`]),
    ...positionCondition(listing, part, bind),
  ]
  const direction = descending ? 'desc' : 'asc'
  // A literal limit tells the planner how little is wanted, whatever the page's own is.
  return `select ${COLUMNS} from tasks where ${where.join(' and ')}
    order by ${column} ${direction}, id ${direction} limit ${rowsMax}`
}

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
