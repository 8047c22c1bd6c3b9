// The SQL of a page of the tasks that one user may see: their own, those given to them, and those of
// their projects, which may be hundreds. No index has all of these in order, so that several are
// walked, each as far as the page needs it, and their keys are merged; each task stands once.

import { type Bind, createPlaceholders, roundUpRows } from '#lib/placeholders.ts'
import { COLUMNS, type Statement, checksOf, conditionSets, isUsual } from './conditions.ts'
import {
  type Bound,
  type Listing,
  type Part,
  bindPosition,
  conditionsIn,
  orderOf,
  partsOf,
  wholeOrderOf,
} from './ordering.ts'
import { VERSION_MAX } from './model.ts'
import { isSeenBy, memberCondition, ownConditions, type UserReach } from './reaching.ts'

type Reached = Listing & { reach: UserReach }

type Walk = {
  listing: Reached
  /** What stands for the user's id. */
  user: string
  after: Bound
  rowsMax: number
  bind: Bind
}

/** Expressions of a `with`, and the keys that are to be merged from them. */
type Source = { tables: string[]; keys: string[] }

// So many tasks that meet the filter are looked at first: where the user may see enough of them, or
// there are no others, they are the page, and nothing else has to be read. Somebody who sees a fifth
// of all is nearly always done then.
const PROBED_ROWS = 400

/** Undefined where the conditions contradict each other, so that nothing can be found. */
export function reachedListStatement(listing: Reached): Statement | undefined {
  const { reach, filter, sort, limit, offset } = listing
  const parts = partsOf(listing)
  const { bind, values } = createPlaceholders()
  if (parts.length === 0 || conditionSets(filter, () => '').length === 0) return undefined
  const walk: Walk = {
    listing,
    user: `${bind(reach.userId)}::uuid`,
    after: bindPosition(listing.after, bind),
    rowsMax: roundUpRows(offset + limit),
    bind,
  }
  const { tables, keys } =
    filter.project_id === undefined ? fromEverywhere(walk) : fromProject(walk, filter.project_id)
  const text = `with ${tables.join(',\n')}
    select task.* from (
      select key, id from (${keys.join(' union all ')}) found
      order by ${wholeOrderOf(sort, 'key')} limit ${bind(limit)} offset ${bind(offset)}
    ) page
    cross join lateral (select ${COLUMNS} from tasks where id = page.id offset 0) task
    order by ${wholeOrderOf(sort, 'page.key').replace(', id', ', page.id')}`
  return { text, values, prepare: isUsual(listing, walk.rowsMax) }
}

// Whoever is a member of the project may see all of it. Somebody else may see what they have to do
// with by themselves: few tasks, if any, so that those are all read, by whichever index leaves least.
function fromProject(walk: Walk, projectId: string): Source {
  const { listing, user, after, bind } = walk
  const { reach, sort, filter } = listing
  const member = memberCondition(reach, user) ?? 'false'
  const isMember = `exists (
    select from project_members m where m.project_id = ${bind(projectId)}::uuid and ${member})`
  const sets = conditionSets(filter, bind)
  const branches = partsOf(listing).flatMap(part => [
    ...sets.map(set => keysOf(walk, part, [...set, '(select holds from member)'])),
    ...ownConditions(reach, user).flatMap(own =>
      sets.map(set => {
        const where = [own, ...set, 'not (select holds from member)']
        const all = [...where, ...conditionsIn(part, sort, after)].join(' and ')
        return `select ${sort.column} as key, id from tasks where ${all} offset 0`
      }),
    ),
  ])
  return {
    tables: [
      `member as materialized (select ${isMember} as holds)`,
      merged('found_keys', branches, walk),
    ],
    keys: ['select key, id from found_keys'],
  }
}

function fromEverywhere(walk: Walk): Source {
  const { listing, user, bind } = walk
  const checks = checksOf(listing.filter, bind)
  const probe = hasProbe(walk) ? probed(walk) : undefined
  const member = memberCondition(listing.reach, user)
  const isWanted = probe ? 'not (select holds from enough)' : 'true'
  const groups = partsOf(listing).map((part, index) =>
    group(walk, { part, checks, isWanted: index === 0 ? isWanted : `${isWanted} and ${IS_SHORT}` }),
  )
  return {
    tables: [
      ...(probe?.tables ?? []),
      `mine as materialized (
        select m.project_id from project_members m where ${member ?? 'false'} and ${isWanted}
      )`,
      // So many of each project that, together, they are a page.
      `share as materialized (
        select least(${walk.rowsMax}, ${walk.rowsMax} / greatest(count(*), 1) + 1) as rows from mine
      )`,
      ...groups.flatMap(({ tables }) => tables),
    ],
    keys: [...groups.flatMap(({ keys }) => keys), ...(probe?.keys ?? [])],
  }
}

// The second part is read only where the first does not fill the page.
const IS_SHORT = '(select holds from short)'

/** `checks` is what the filter asks, looked at on the way. */
type Group = { part: Part; checks: readonly string[]; isWanted: string }

// One part of the order: what is the user's own, and what is in their projects. Of each project a few
// tasks are read first. The place where these would fill the page is where it ends at the latest:
// then the projects that reach so far are read up to there.
function group(walk: Walk, { part, checks, isWanted }: Group): Source {
  const { listing, user, rowsMax } = walk
  const { sort, reach } = listing
  const [sample, edge, found] = [`${part}_sample`, `${part}_edge`, `${part}_found`]
  const inside = (project: string, more: string[] = []) =>
    keysOf(walk, part, [`project_id = ${project}`, ...more], checks)
  const branches = [
    ...ownConditions(reach, user).map(own => keysOf(walk, part, [own, isWanted], checks)),
    `select more.key, more.id
     from (select distinct project_id from ${sample} where ${upTo(edge, part, walk)('key', '1')}) near
     cross join lateral (
       ${inside('near.project_id', [upTo(edge, part, walk)(sort.column, 'version')])}
     ) more`,
  ]
  return {
    tables: [
      `${sample} as materialized (
        select mine.project_id, few.key, few.id from mine cross join lateral (
          select * from (${inside('mine.project_id')}) ones limit (select rows from share)
        ) few where ${isWanted}
      )`,
      `${edge} as materialized (
        select coalesce(last.key, '${sort.descending ? '-' : ''}infinity') as key,
          coalesce(last.id, '${sort.descending ? LEAST : GREATEST}') as id
        from (select) one left join lateral (
          select key, id from ${sample} order by ${orderOf(sort, 'key')} offset ${rowsMax - 1} limit 1
        ) last on true
      )`,
      merged(found, branches, walk),
      ...(part === 'dated'
        ? [`short as materialized (select count(*) < ${rowsMax} as holds from ${found})`]
        : []),
    ],
    keys: [`select key, id from ${found}`],
  }
}

// Ids are between these.
const LEAST = '00000000-0000-0000-0000-000000000000'
const GREATEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

// That a key is within the edge. For ids alone it is said with a second column that decides nothing:
// of two plain bounds the planner thinks that the primary key might find what is between them.
const upTo = (edge: string, part: Part, { listing }: Walk) => {
  const [within, bound] = listing.sort.descending ? ['>=', 0] : ['<=', VERSION_MAX]
  return (key: string, version: string): string =>
    part === 'undated'
      ? `(id, ${version}) ${within} ((select id from ${edge}), ${bound})`
      : `(${key}, id) ${within} ((select key from ${edge}), (select id from ${edge}))`
}

const merged = (name: string, branches: readonly string[], { listing, rowsMax }: Walk) =>
  `${name} as materialized (
    select distinct on (key, id) key, id
    from (${branches.map(branch => `(${branch})`).join(' union all ')}) every
    order by ${wholeOrderOf(listing.sort, 'key')} limit ${rowsMax}
  )`

// A page of keys along an index. The checks stand outside, and `offset 0` between: the planner would
// think that they leave so little that all of it might as well be read and sorted. Said once more out
// there, the order would hide from it how few are wanted; as it is, they come in the order within.
function keysOf(
  { listing, after, rowsMax }: Walk,
  part: Part,
  ...[conditions, checks = []]: [readonly string[], (readonly string[])?]
): string {
  const { sort } = listing
  const where = [...conditions, ...conditionsIn(part, sort, after)].join(' and ')
  const keys = `select ${sort.column} as key, id from`
  const walked = `tasks where ${where} order by ${orderOf(sort)}`
  return checks.length === 0
    ? `${keys} ${walked} limit ${rowsMax}`
    : `${keys} (select * from ${walked} offset 0) walked where ${checks.join(' and ')} limit ${rowsMax}`
}

// A range of one thing in the order of another may have to be walked far.
const hasProbe = ({ listing: { filter } }: Walk): boolean => {
  const { due_before, due_after, ...others } = filter
  return (due_before ?? due_after) === undefined || Object.keys(others).length > 0
}

// What the filter finds among the tasks of all, as far as the user may see it. It is read only until
// there is a page of it: every part comes in its order already, and one part after the other.
function probed({ listing, user, after, rowsMax, bind }: Walk): Source {
  const { sort, filter, reach } = listing
  const rows = Math.max(PROBED_ROWS, rowsMax)
  const sets = conditionSets(filter, bind)
  const along = (columns: string, part: Part): string => {
    const branches = sets.map(
      set => `select ${columns} from tasks
        where ${[...set, ...conditionsIn(part, sort, after)].join(' and ')}
        order by ${orderOf(sort)} limit ${rows}`,
    )
    return branches.length === 1
      ? `(${branches[0]})`
      : `(select * from (${branches.map(one => `(${one})`).join(' union all ')}) every
          order by ${orderOf(sort, 'key')} limit ${rows})`
  }
  const all = (columns: string) =>
    partsOf(listing)
      .map(part => along(`${sort.column} as key, id${columns}`, part))
      .join(' union all ')
  return {
    tables: [
      `probe as materialized (
        select key, id from (
          select * from (${all(`, ${isSeenBy(reach, user)} as seen`)}) found limit ${rows}
        ) probed where seen limit ${rowsMax}
      )`,
      `enough as materialized (
        select count(*) >= ${rowsMax}
          or not exists (select from (${all('')}) found offset ${rows - 1}) as holds
        from probe
      )`,
    ],
    keys: ['select key, id from probe where (select holds from enough)'],
  }
}
