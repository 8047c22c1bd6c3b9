// Searches of few tasks: instead of walking along the words, all that can be meant are looked through.

import type { Bind } from '#lib/placeholders.ts'
import { checksOf, type Page } from './conditions.ts'
import { isSeenBy, memberCondition, ownConditions, type UserReach } from './reaching.ts'

// So many tasks are looked through one by one. Walking along the index of words past those that do
// not fit takes longer the fewer do, and would take minutes for a small project among a million.
const FEW = 2_000
// Where only some of what fits may be seen, the walk would pass by most of what it meets.
const FEW_OF_OTHERS = 5_000

/** Tasks that are looked through, provided that they are few. */
export type Few = { tables: readonly string[]; candidates: string; isFew: string }

/** Who sees, and what stands for their id. */
export type Seer = { reach: UserReach; user: string }

type Asked = {
  page: Page
  sets: readonly (readonly string[])[]
  seer: Seer | undefined
  /** What a user's are to be read for; nothing is, where it does not hold. */
  onlyIf: string
}

/** Undefined where all tasks are meant. */
export function fewOf(
  { page: { filter }, sets, seer, onlyIf }: Asked,
  bind: Bind,
): Few | undefined {
  const isFiltered = Object.keys(filter).length > 0
  const isDue = filter.due_before !== undefined || filter.due_after !== undefined
  const order = isDue ? 'due_date, id' : 'created_at, id'
  if (!seer) return isFiltered ? fewThatFit({ sets, order }) : undefined
  if (filter.project_id !== undefined) {
    const projectId = `${bind(filter.project_id)}::uuid`
    return fewInProject({ sets, order, seer, onlyIf }, projectId)
  }
  const seen = fewThatAreSeen(seer, checksOf(filter, bind), onlyIf)
  if (!isFiltered) return seen
  // Where a user may see many, the conditions may still leave few.
  const fitting = fewThatFit({ sets, order, seer, onlyIf: `${onlyIf} and not ${seen.isFew}` })
  return {
    tables: [...seen.tables, ...fitting.tables],
    candidates: `${seen.candidates} union all ${fitting.candidates}`,
    // Nothing was read of what fits where what is seen is few.
    isFew: fitting.isFew,
  }
}

type Fitting = { sets: Asked['sets']; order: string; seer?: Seer; onlyIf?: string }

// By the conditions, for which there is an index.
function fewThatFit({ sets, order, seer, onlyIf }: Fitting): Few {
  const isSeen = seer ? isSeenBy(seer.reach, seer.user) : 'true'
  const max = seer ? FEW_OF_OTHERS : FEW
  const fitting = sets.map(
    set => `(select id, words, ${isSeen} as seen from tasks
      where ${[...set, ...(onlyIf ? [onlyIf] : [])].join(' and ')}
      order by ${order} limit ${max + 1})`,
  )
  return few('fitting', { rows: fitting.join(' union all '), condition: 'seen', max })
}

// Members may see all of a project; somebody else what they have to do with by themselves.
type InProject = Fitting & { seer: Seer; onlyIf: string }

function fewInProject({ sets, order, seer, onlyIf }: InProject, projectId: string): Few {
  const { reach, user } = seer
  const member = memberCondition(reach, user) ?? 'false'
  const isMember = `exists (
    select from project_members m where m.project_id = ${projectId} and ${member})`
  const fitting = fewThatFit({ sets, order, onlyIf: `${onlyIf} and (select holds from member)` })
  const own = ownConditions(reach, user).flatMap(condition =>
    sets.map(
      set => `(select id, words from tasks
        where ${[condition, ...set, onlyIf, 'not (select holds from member)'].join(' and ')} offset 0)`,
    ),
  )
  return {
    tables: [`member as materialized (select ${isMember} as holds)`, ...fitting.tables],
    candidates: [fitting.candidates, ...own].join(' union all '),
    // So it is for somebody else, for whom nothing was read there.
    isFew: fitting.isFew,
  }
}

// By who may see them; what else is asked is checked on the way, so that no more than so many are read.
function fewThatAreSeen({ reach, user }: Seer, checks: readonly string[], onlyIf: string): Few {
  const fits = checks.length > 0 ? checks.join(' and ') : 'true'
  const some = (condition: string) => `select id, words, ${fits} as fits from tasks
    where ${condition} and ${onlyIf} order by created_at, id limit ${FEW + 1}`
  const member = memberCondition(reach, user)
  const seen = [
    ...ownConditions(reach, user).map(some),
    ...(member
      ? [
          `select every.* from mine
           cross join lateral (${some('project_id = mine.project_id')}) every`,
        ]
      : []),
  ]
  const all = seen.map(one => `(${one})`).join(' union all ')
  const rows = `select * from (${all}) every limit ${FEW + 1}`
  const visible = few('visible', { rows, condition: 'fits', max: FEW })
  const mine = `mine as materialized (
    select m.project_id from project_members m where ${member ?? 'false'} and ${onlyIf}
  )`
  return { ...visible, tables: [mine, ...visible.tables] }
}

type Looked = { rows: string; condition: string; max: number }

function few(name: string, { rows, condition, max }: Looked): Few {
  const isFew = `(select holds from ${name}_few)`
  return {
    tables: [
      `${name} as materialized (${rows})`,
      `${name}_few as materialized (select count(*) <= ${max} as holds from ${name})`,
    ],
    candidates: `select id, words from ${name} where ${isFew} and ${condition}`,
    isFew,
  }
}
