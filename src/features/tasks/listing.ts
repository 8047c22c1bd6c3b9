// The SQL of a page of tasks, made so that an index gives the rows in their order, and no more of
// them than the page shows are read, however many tasks there are (see migration 0003).

import { type Bind, createPlaceholders, roundUpRows } from '#lib/placeholders.ts'
import { COLUMNS, type Statement, conditionSets, isUsual } from './conditions.ts'
import {
  type Listing,
  bindPosition,
  conditionsIn,
  orderOf,
  partsOf,
  wholeOrderOf,
} from './ordering.ts'
import { reachedListStatement } from './reached-listing.ts'
import { limiting } from './reaching.ts'

/** Undefined where the conditions contradict each other, so that nothing can be found. */
export function listStatement(listing: Listing): Statement | undefined {
  const { filter, sort, limit, offset } = listing
  const reach = limiting(listing.reach, filter)
  if (reach) return reachedListStatement({ ...listing, reach })
  const { bind, values } = createPlaceholders()
  const rowsMax = roundUpRows(offset + limit)
  const branches = branchesOf(listing, rowsMax, bind)
  if (branches.length === 0) return undefined
  // Each branch comes in order by itself; several are merged by sorting what they have read, which
  // is a few pages at most.
  const text =
    branches.length === 1
      ? `select * from (${branches[0]}) page limit ${bind(limit)}`
      : `select * from (${branches.map(one => `(${one})`).join(' union all ')}) page
         order by ${wholeOrderOf(sort)} limit ${bind(limit)}`
  return {
    text: offset === 0 ? text : `${text} offset ${bind(offset)}`,
    values,
    prepare: isUsual(listing, rowsMax),
  }
}

function branchesOf(listing: Listing, rowsMax: number, bind: Bind): string[] {
  const { filter, sort } = listing
  const after = bindPosition(listing.after, bind)
  return conditionSets(filter, bind).flatMap(conditions =>
    partsOf(listing).map(part => {
      const where = [...conditions, ...conditionsIn(part, sort, after)].join(' and ')
      // A literal limit tells the planner how little is wanted, whatever the page's own is.
      return `select ${COLUMNS} from tasks where ${where} order by ${orderOf(sort)} limit ${rowsMax}`
    }),
  )
}
