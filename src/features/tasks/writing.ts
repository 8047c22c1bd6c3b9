// The SQL that changes tasks. What a caller may do is decided by the statement that does it, so that
// nothing can come in between.

import type { Reach } from '#lib/rule.ts'
import { COLUMNS } from './conditions.ts'
import { isWithin, memberCondition, onceForEach } from './reaching.ts'

// Where a task may be put. The project is locked before the membership, as whoever changes members
// does it; both stay as they are until the task is there.
const PLACE = (member: string | undefined) => `project as materialized (
    select id from projects where id = $7::uuid for key share
  ), place as materialized (
    select m.project_id from project join project_members m on m.project_id = project.id
    where ${member ?? 'false'} for share of m
  )`

// Whom a task may be given to, beside whoever asks: a member of the project that it is in then.
const isMember = (project: string) =>
  `exists (select from project_members a where a.project_id = ${project} and a.user_id = $8::uuid)`

/** Parameters: id, owner, the content as $3 to $9, words, and, unless the place is any, the user. */
export const insertStatement = onceForEach((place: Reach) => {
  const columns = `(id, owner_id, title, description, status, priority, project_id, assignee_id,
    due_date, completed_at, words)`
  const values = `$1::uuid, $2::uuid, $3, $4, $5, $6, $7::uuid, $8::uuid, $9::timestamptz,
    case when $5 = 'done' then now() end, $10::text[]`
  const rest = `on conflict (id) do nothing returning ${COLUMNS}`
  if (place === 'any') return `insert into tasks ${columns} values (${values}) ${rest}`
  return `with ${PLACE(memberCondition(place, '$11::uuid'))}
    insert into tasks ${columns} select ${values}
    where ($7::uuid is null or exists (select from place))
      and ($8::uuid is null or $8::uuid = $11::uuid or ${isMember('$7::uuid')})
    ${rest}`
})

// The version is compared in the statement itself, so that of two writers only one can win. What
// is not named stays as it is at that moment, so that changes of different fields both hold.
const CHANGE = `update tasks set
    title = coalesce($3, title),
    description = coalesce($4, description),
    status = coalesce($5, status),
    priority = coalesce($6, priority),
    project_id = case when $11::boolean then $7::uuid else project_id end,
    assignee_id = case when $12::boolean then $8::uuid else assignee_id end,
    due_date = case when $13::boolean then $9::timestamptz else due_date end,
    words = coalesce($10::text[], words),
    completed_at = case
      when coalesce($5, status) <> 'done' then null
      when status = 'done' then completed_at
      else now()
    end,
    version = version + 1,
    updated_at = greatest(now(), updated_at)
  where id = $1::uuid and ($2::bigint is null or version = $2)`

/**
 * Parameters: id, version, the content as $3 to $9, words, which of project, assignee and due date
 * are given, and, unless reach and place are any, the user. Where a task stays in its project, or
 * with its assignee, nobody is asked about those.
 */
export const updateStatement = onceForEach((reach: Reach, place: Reach) => {
  const rest = `returning ${COLUMNS}`
  const within = reach === 'any' ? '' : `and ${isWithin(reach, '$14::uuid')}`
  if (place === 'any') return `${CHANGE} ${within} ${rest}`
  return `with ${PLACE(memberCondition(place, '$14::uuid'))}
    ${CHANGE} ${within}
      and (not $11::boolean or $7::uuid is null or $7::uuid = project_id or exists (select from place))
      and (not $12::boolean or $8::uuid is null or $8::uuid = assignee_id or $8::uuid = $14::uuid
        or ${isMember('case when $11::boolean then $7::uuid else tasks.project_id end')})
    ${rest}`
})

/** Parameters: id, version, and, unless reach is any, the user. */
export const removeStatement = onceForEach((reach: Reach) => {
  const within = reach === 'any' ? '' : `and ${isWithin(reach, '$3::uuid')}`
  return `delete from tasks where id = $1::uuid and ($2::bigint is null or version = $2) ${within}
    returning id`
})
