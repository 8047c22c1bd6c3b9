// The SQL of a search in titles: every word of the search has to begin a word of the title. Results
// come by the matched word, then by id; a task with two such words stands once, at the lesser.

import { type Bind, createPlaceholders, roundUpRows } from '#lib/placeholders.ts'
import { afterPrefix } from '#lib/words.ts'
import { COLUMNS, type Page, type Statement, conditionSets, isUsual } from './conditions.ts'
import { type Few, fewOf } from './narrowing.ts'
import { isSeenBy, limiting } from './reaching.ts'

/** The first word is the one that results are ordered by; it should be one that begins few. */
export type Search = Page & { words: readonly string[] }

/** Undefined where the conditions contradict each other, so that nothing can be found. */
export function searchStatement(search: Search): Statement | undefined {
  const { words, filter, after, limit, offset } = search
  const { bind, values } = createPlaceholders()
  const [first, ...others] = words.map(word => rangeOf(word, bind))
  const sets = conditionSets(filter, bind)
  if (!first || sets.length === 0) return undefined

  const reach = limiting(search.reach, filter)
  const seer = reach && { reach, user: `${bind(reach.userId)}::uuid` }
  const parts: Parts = {
    first,
    sets,
    hasOthers: others.map(
      ({ holds }) => `exists (select from unnest(words) x where ${holds('x')})`,
    ),
    isSeen: seer ? [isSeenBy(seer.reach, seer.user)] : [],
    position: after && `(${bind(after.key ?? '')}, ${bind(after.id)}::uuid)`,
    rowsMax: roundUpRows(offset + limit),
  }
  const onlyIf = seer ? 'not (select holds from enough)' : 'true'
  const few = fewOf({ page: search, sets, seer, onlyIf }, bind)
  return {
    text: `${textOf(parts, few, seer !== undefined)}
      limit ${bind(limit)} offset ${bind(offset)}`,
    values,
    prepare: isUsual(search, parts.rowsMax) && words.length <= 2,
  }
}

const textOf = (parts: Parts, few: Few | undefined, isLimited: boolean): string => {
  if (!few) return `select * from (${walk(parts)}) page`
  return isLimited ? begunFirst(parts, few) : eitherWay(parts, few)
}

type Range = { from: string; to: string; holds(column: string): string }

type Parts = {
  first: Range
  sets: readonly (readonly string[])[]
  /** That the title has the other words too. */
  hasOthers: readonly string[]
  /** That the caller may see it, where that is a question. */
  isSeen: readonly string[]
  /** The last result of the page before. */
  position: string | undefined
  rowsMax: number
}

function rangeOf(word: string, bind: Bind): Range {
  const [from, to] = [bind(word), bind(afterPrefix(word))]
  return { from, to, holds: column => `${column} >= ${from} and ${column} < ${to}` }
}

// Along the index of words, which has the order. `offset 0` keeps the planner from turning it round.
function walk(parts: Parts, onlyIf: string[] = []): string {
  return `select w.word, task.* from task_words w
    cross join lateral (${taskOf(parts)}) task
    where ${[wordsIn(parts), ...onlyIf].join(' and ')}
    order by w.word, w.task_id limit ${parts.rowsMax}`
}

const wordsIn = ({ first, position }: Parts): string =>
  `${position ? `(w.word, w.task_id) > ${position}` : `w.word >= ${first.from}`} and w.word < ${first.to}`

function taskOf({ first, sets, hasOthers, isSeen }: Parts): string {
  const conditions = [
    'id = w.task_id',
    `(${sets.map(set => `(${set.join(' and ')})`).join(' or ')})`,
    ...hasOthers,
    ...isSeen,
    `not exists (select from unnest(words) x where x >= ${first.from} and x < w.word)`,
  ]
  return `select ${COLUMNS} from tasks where ${conditions.join(' and ')} offset 0`
}

// So much of the walk is tried first for somebody who does not see everything: where that is a page, or
// the words have no more, nothing else has to be read.
const BEGUN_ROWS = 400

function begunFirst(parts: Parts, few: Few): string {
  const rows = Math.max(BEGUN_ROWS, parts.rowsMax)
  const begun = `begun as materialized (
      select w.word, w.task_id from task_words w where ${wordsIn(parts)}
      order by w.word, w.task_id limit ${rows}
    ), begun_page as materialized (
      select w.word, task.* from begun w cross join lateral (${taskOf(parts)}) task
      order by w.word, w.task_id limit ${parts.rowsMax}
    ), enough as materialized (
      select count(*) >= ${parts.rowsMax} or (select count(*) < ${rows} from begun) as holds
      from begun_page
    )`
  return `with ${begun}, rest as materialized (
      ${eitherWay(parts, few, ['not (select holds from enough)'])}
    )
    select * from (
      select * from begun_page where (select holds from enough) union all select * from rest
    ) page order by word, id`
}

// Where few tasks can be meant, all of those are looked through; else the walk soon meets enough. One
// statement finds out which, and does the one.
function eitherWay(
  parts: Parts,
  { tables, candidates, isFew }: Few,
  onlyIf: readonly string[] = [],
): string {
  const { first, hasOthers, position, rowsMax } = parts
  const conditions = [
    ...onlyIf,
    'own.word is not null',
    ...hasOthers,
    ...(position ? [`(own.word, candidates.id) > ${position}`] : []),
  ]
  return `with ${tables.join(', ')}
    select * from (
      (${walk(parts, [...onlyIf, `not ${isFew}`])})
      union all
      (select found.word, task.* from (
        select distinct own.word, candidates.id from (${candidates}) candidates
        cross join lateral (
          select min(x) as word from unnest(candidates.words) x where ${first.holds('x')}
        ) own
        where ${conditions.join(' and ')}
        order by own.word, candidates.id limit ${rowsMax}
      ) found
      cross join lateral (select ${COLUMNS} from tasks where id = found.id offset 0) task)
    ) page order by word, id`
}
