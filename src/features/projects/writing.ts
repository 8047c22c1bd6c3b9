// The SQL of changes of projects. Each leaves its entry of the audit log in the same statement.

import type { Reach } from '#lib/rule.ts'
import { entryOf, WHO_COUNT } from '#platform/audit/statement.ts'
import { COLUMNS } from './listing.ts'
import { PROJECTS } from './policy.ts'
import { isWithin, type Lock, locked, onceForEach } from './reaching.ts'

const columnsOf = (row: string) =>
  COLUMNS.split(', ')
    .map(column => `${row}.${column}`)
    .join(', ')

// The parameters that `whoOf` gives come first in every statement here.
const WHO = { kind: 'project', first: 1, id: 'id', project: 'id' }

// After who asks: the project, the version expected, what is new, and whose membership counts.
const [ID, VERSION, NAME, DESCRIPTION, STATUS] = [1, 2, 3, 4, 5].map(n => `$${WHO_COUNT + n}`)
const USER_OF_UPDATE = `$${WHO_COUNT + 6}::uuid`
const USER_OF_REMOVE = `$${WHO_COUNT + 3}::uuid`

const IS_EXPECTED = `p.id = ${ID} and (${VERSION}::bigint is null or p.version = ${VERSION})`

/** Values: who, id, owner, name, description, status. The first membership needs no entry of its own. */
export const INSERT = `with project as (
    insert into projects (id, owner_id, name, description, status)
    values (${[1, 2, 3, 4, 5].map(n => `$${WHO_COUNT + n}`).join(', ')})
    returning ${COLUMNS}
  ), member as (
    insert into project_members (project_id, user_id, role) select id, owner_id, 'owner' from project
  ), entry as (${entryOf({
    ...WHO,
    action: PROJECTS.create.action,
    from: 'project',
    before: null,
    after: 'to_jsonb(project)',
  })})
  select ${COLUMNS} from project`

/**
 * Values: who, id, expected version, name, description, status, user. The version and the reach are
 * compared in the statement itself, so that of two writers only one can win, and nobody whose
 * membership has just ended.
 */
export const updateStatement = onceForEach(reach => {
  const { from, lock } = locked(reach, 'no key update', USER_OF_UPDATE)
  return `with before as (
      select ${columnsOf('p')} from ${from} where ${IS_EXPECTED} ${lock}
    ), changed as (
      update projects p set
        name = coalesce(${NAME}, p.name),
        description = coalesce(${DESCRIPTION}, p.description),
        status = coalesce(${STATUS}, p.status),
        version = p.version + 1,
        updated_at = greatest(now(), p.updated_at)
      from before where p.id = before.id
      returning ${columnsOf('p')}
    ), entry as (${entryOf({
      ...WHO,
      action: PROJECTS.change.action,
      from: 'changed join before using (id)',
      before: 'to_jsonb(before)',
      after: 'to_jsonb(changed)',
    })})
    select ${COLUMNS} from changed`
})

/** Values: who, id, expected version, user. The entry keeps who was a member, since that ends with it. */
export const removeStatement = onceForEach(reach => {
  const { from, lock } = locked(reach, 'update', USER_OF_REMOVE)
  return `with before as (
      select ${columnsOf('p')} from ${from} where ${IS_EXPECTED} ${lock}
    ), kept as (
      select jsonb_agg(jsonb_build_object('user_id', user_id, 'role', role) order by user_id) as members
      from project_members where project_id = (select id from before)
    ), gone as (
      delete from projects p using before where p.id = before.id returning p.id
    ), entry as (${entryOf({
      ...WHO,
      action: PROJECTS.remove.action,
      from: 'gone join before using (id) cross join kept',
      before: "to_jsonb(before) || jsonb_build_object('members', kept.members)",
      after: null,
    })})
    select id from gone`
})

/** Values: id, user. */
export const lockStatement = onceForEach(reach => lockText(reach, 'update'))

/** Tasks may still be put into it: memberships say nothing about which it has. */
export const lockMembersStatement = onceForEach(reach => lockText(reach, 'no key update'))

const lockText = (reach: Reach, strength: Lock): string => {
  const { from, lock } = locked(reach, strength, '$2::uuid')
  return `select p.version from ${from} where p.id = $1 ${lock}`
}

/** Values: id, user. */
export const findStatement = onceForEach(
  reach =>
    `select ${COLUMNS} from projects where id = $1 and ${isWithin(reach, 'projects.id', '$2::uuid')}`,
)

/** Values: id, user. What somebody sees of a project, and whether it is within reach as well. */
export const judgeStatement = onceForEach(
  (seen, reach) =>
    `select version, ${isWithin(reach, 'projects.id', '$2::uuid')} as may
     from projects where id = $1 and ${isWithin(seen, 'projects.id', '$2::uuid')}`,
)
