// The SQL that changes tasks. What a caller may do is decided by the statement that does it, so that
// nothing can come in between, and each leaves its entry of the audit log in the same statement.

import type { Reach } from '#lib/rule.ts'
import { entryOf, WHO_COUNT } from '#platform/audit/statement.ts'
import { COLUMNS, NAMES } from './conditions.ts'
import { TASKS } from './policy.ts'
import { isWithin, memberCondition, onceForEach } from './reaching.ts'

// The parameters that `whoOf` gives come first in every statement here.
const WHO = { kind: 'task', first: 1, id: 'id' }
const after = (n: number) => `$${WHO_COUNT + n}`

// After who asks come the task, its owner or the version expected, and the content.
const ID = `${after(1)}::uuid`
const OWNER = `${after(2)}::uuid`
const VERSION = `${after(2)}::bigint`
const [TITLE, DESCRIPTION, STATUS, PRIORITY] = [3, 4, 5, 6].map(after)
const PROJECT = `${after(7)}::uuid`
const ASSIGNEE = `${after(8)}::uuid`
const DUE = `${after(9)}::timestamptz`
const WORDS = `${after(10)}::text[]`
const [HAS_PROJECT, HAS_ASSIGNEE, HAS_DUE] = [11, 12, 13].map(n => `${after(n)}::boolean`)

const IS_EXPECTED = `tasks.id = ${ID} and (${VERSION} is null or tasks.version = ${VERSION})`

// Where a task may be put. The project is locked before the membership, as whoever changes members
// does it; both stay as they are until the task is there.
const placeOf = (place: Reach, user: string): string =>
  place === 'any'
    ? ''
    : `project as materialized (
        select id from projects where id = ${PROJECT} for key share
      ), place as materialized (
        select m.project_id from project join project_members m on m.project_id = project.id
        where ${memberCondition(place, user) ?? 'false'} for share of m
      ),`

// Where the place is any, the project has only to exist, which is a constraint's to see to.
const IS_PLACED = 'exists (select from place)'

// Whom a task may be given to: anybody who is active, or oneself and the members of the project that
// the task is in then.
const mayTake = (place: Reach, project: string, user: string): string =>
  place === 'any'
    ? `exists (select from users u where u.id = ${ASSIGNEE} and u.is_active)`
    : `(${ASSIGNEE} = ${user} or exists (
        select from project_members a join users u on u.id = a.user_id
        where a.project_id = ${project} and a.user_id = ${ASSIGNEE} and u.is_active
      ))`

/** Values: who, id, owner, content, words, and, unless the place is any, the user. */
export const insertStatement = onceForEach((place: Reach) => {
  const user = `${after(11)}::uuid`
  const isPlaced = place === 'any' ? 'true' : `(${PROJECT} is null or ${IS_PLACED})`
  return `with ${placeOf(place, user)} made as (
      insert into tasks
        (id, owner_id, title, description, status, priority, project_id, assignee_id, due_date,
         completed_at, words)
      select ${ID}, ${OWNER}, ${TITLE}, ${DESCRIPTION}, ${STATUS}, ${PRIORITY}, ${PROJECT},
        ${ASSIGNEE}, ${DUE}, case when ${STATUS} = 'done' then now() end, ${WORDS}
      where ${isPlaced} and (${ASSIGNEE} is null or ${mayTake(place, PROJECT, user)})
      on conflict (id) do nothing
      returning ${COLUMNS}
    ), entry as (${entryOf({
      ...WHO,
      action: TASKS.create.action,
      from: 'made',
      before: null,
      after: 'to_jsonb(made)',
      project: 'made.project_id',
    })})
    select ${NAMES} from made`
})

// The version is compared in the statement itself, so that of two writers only one can win. What
// is not named stays as it is at that moment, so that changes of different fields both hold. Where a
// task stays in its project, or with its assignee, nobody is asked about those.
const updateBy = (action: string) =>
  onceForEach((reach: Reach, place: Reach) => {
    const user = `${after(14)}::uuid`
    const project = `case when ${HAS_PROJECT} then ${PROJECT} else tasks.project_id end`
    const isPlaced =
      place === 'any'
        ? 'true'
        : `(not ${HAS_PROJECT} or ${PROJECT} is null or ${PROJECT} = tasks.project_id or ${IS_PLACED})`
    return `with ${placeOf(place, user)} before as (
        select ${COLUMNS} from tasks
        where ${IS_EXPECTED} and ${isWithin(reach, user)} and ${isPlaced}
          and (not ${HAS_ASSIGNEE} or ${ASSIGNEE} is null or ${ASSIGNEE} = tasks.assignee_id
            or ${mayTake(place, project, user)})
        for no key update
      ), changed as (
        update tasks set
          title = coalesce(${TITLE}, tasks.title),
          description = coalesce(${DESCRIPTION}, tasks.description),
          status = coalesce(${STATUS}, tasks.status),
          priority = coalesce(${PRIORITY}, tasks.priority),
          project_id = case when ${HAS_PROJECT} then ${PROJECT} else tasks.project_id end,
          assignee_id = case when ${HAS_ASSIGNEE} then ${ASSIGNEE} else tasks.assignee_id end,
          due_date = case when ${HAS_DUE} then ${DUE} else tasks.due_date end,
          words = coalesce(${WORDS}, tasks.words),
          completed_at = case
            when coalesce(${STATUS}, tasks.status) <> 'done' then null
            when tasks.status = 'done' then tasks.completed_at
            else now()
          end,
          version = tasks.version + 1,
          updated_at = greatest(now(), tasks.updated_at)
        from before where tasks.id = before.id
        returning ${columnsOf('tasks')}
      ), entry as (${changeEntry(action)})
      select ${NAMES} from changed`
  })

const columnsOf = (row: string): string =>
  NAMES.replaceAll(/\w+/g, name =>
    name === 'completed' ? `${row}.status = 'done' as completed` : `${row}.${name}`,
  )

function changeEntry(action: string): string {
  return entryOf({
    ...WHO,
    action,
    from: 'changed join before using (id)',
    before: 'to_jsonb(before)',
    after: 'to_jsonb(changed)',
    project: 'coalesce(changed.project_id, before.project_id)',
  })
}

/**
 * Values: who, id, version, content, words, which of project, assignee and due date are given, and,
 * unless reach and place are any, the user.
 */
export const updateStatements = {
  [TASKS.change.action]: updateBy(TASKS.change.action),
  [TASKS.replace.action]: updateBy(TASKS.replace.action),
}

const removeEntry = entryOf({
  ...WHO,
  action: TASKS.remove.action,
  from: 'gone',
  before: 'to_jsonb(gone)',
  after: null,
  project: 'gone.project_id',
})

/** Values: who, id, version, and, unless reach is any, the user. */
export const removeStatement = onceForEach(
  (reach: Reach) => `with gone as (
      delete from tasks where ${IS_EXPECTED} and ${isWithin(reach, `${after(3)}::uuid`)}
      returning ${COLUMNS}
    ), entry as (${removeEntry})
    select id from gone`,
)

/** Values: who, and the project, all of whose tasks are deleted. */
export const REMOVE_ALL = `with gone as (
    delete from tasks where project_id = ${ID} returning ${COLUMNS}
  ), entry as (${removeEntry})
  select from gone`

/** Values: who, and the project, all of whose tasks are to have none. */
export const DETACH_ALL = `with before as (
    select ${COLUMNS} from tasks where project_id = ${ID} for no key update
  ), changed as (
    update tasks set
      project_id = null, version = tasks.version + 1, updated_at = greatest(now(), tasks.updated_at)
    from before where tasks.id = before.id
    returning ${columnsOf('tasks')}
  ), entry as (${changeEntry(TASKS.change.action)})
  select from changed`
