// The members of projects in PostgreSQL. Changes leave their entry of the audit log in the same
// statement; whoever makes one has locked the project before (repository.ts).

import type { Call } from '#lib/call.ts'
import { AppError } from '#lib/errors.ts'
import type { Reach } from '#lib/rule.ts'
import { entryOf, WHO_COUNT, whoOf } from '#platform/audit/statement.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { onConstraint } from '#platform/postgres/errors.ts'
import type { Member, MemberRole } from './model.ts'
import { MEMBERS } from './policy.ts'
import { isWithin, onceForEach, userOf } from './reaching.ts'

export type MemberRepository = ReturnType<typeof createMemberRepository>

export type Place = { projectId: string; userId: string }
type Listing = { projectId: string; after: string | undefined; limit: number }

export function createMemberRepository() {
  return { find, list, put, remove, hasOtherOwner }

  async function find(on: Runner, { projectId, userId }: Place, reach: Reach) {
    const values = [projectId, userId, ...userOf(reach)]
    const text = findStatement(reach)
    const [member] = await on.run(sql => sql.unsafe<Member[]>(text, values, PREPARED))
    return member
  }

  /** By the id of the user. */
  async function list(on: Runner, { projectId, after = NIL, limit }: Listing, reach: Reach) {
    const values = [projectId, after, limit, ...userOf(reach)]
    const text = listStatement(reach)
    return [...(await on.run(sql => sql.unsafe<Member[]>(text, values, PREPARED)))]
  }

  /** @throws AppError `reference_not_found` where there is no such user, or they were disabled. */
  async function put(on: Runner, call: Call, { projectId, userId, role }: Place & MemberRole) {
    const values = [...whoOf(call), projectId, userId, role]
    const [put] = await on.run(sql => sql.unsafe<Member[]>(PUT, values, PREPARED)).catch(onNoUser)
    if (!put) throw noUser()
    return put
  }

  async function remove(on: Runner, call: Call, { projectId, userId }: Place): Promise<void> {
    const values = [...whoOf(call), projectId, userId]
    await on.run(sql => sql.unsafe<object[]>(REMOVE, values, PREPARED))
  }

  /** One who was disabled can manage nothing, and does not count. */
  async function hasOtherOwner(on: Runner, { projectId, userId }: Place): Promise<boolean> {
    const rows = await on.run(
      sql => sql`
        select from project_members m
        where project_id = ${projectId} and user_id <> ${userId} and role = 'owner'
          and exists (select from users where id = m.user_id and is_active)
        limit 1`,
    )
    return rows.length > 0
  }
}

const PREPARED = { prepare: true } as const

// Less than every id that a user has.
const NIL = '00000000-0000-0000-0000-000000000000'

const COLUMNS = 'user_id, role, created_at, updated_at'

const findStatement = onceForEach(
  reach => `select ${COLUMNS} from project_members
    where project_id = $1 and user_id = $2 and ${isWithin(reach, '$1', '$3::uuid')}`,
)

const listStatement = onceForEach(
  reach => `select ${COLUMNS} from project_members
    where project_id = $1 and user_id > $2 and ${isWithin(reach, '$1', '$4::uuid')}
    order by user_id limit $3`,
)

// The parameters that `whoOf` gives come first.
const [PROJECT, USER, ROLE] = [1, 2, 3].map(n => `$${WHO_COUNT + n}`)
const WHO = { kind: 'member', first: 1, id: 'user_id', project: `${PROJECT}::uuid` }
const roleOf = (row: string) => `jsonb_build_object('role', ${row}.role)`

const PUT = `with before as (
    select user_id, role from project_members where project_id = ${PROJECT} and user_id = ${USER}
  ), put as (
    insert into project_members (project_id, user_id, role)
    select ${PROJECT}::uuid, id, ${ROLE} from users
    where id = ${USER} and (is_active or exists (select from before))
    on conflict (project_id, user_id) do update
    set role = excluded.role, updated_at = greatest(now(), project_members.updated_at)
    returning ${COLUMNS}
  ), entry as (${entryOf({
    ...WHO,
    action: MEMBERS.put.action,
    from: 'put left join before using (user_id)',
    before: `case when before.role is not null then ${roleOf('before')} end`,
    after: roleOf('put'),
  })})
  select ${COLUMNS} from put`

const REMOVE = `with gone as (
    delete from project_members where project_id = ${PROJECT} and user_id = ${USER}
    returning user_id, role
  ), entry as (${entryOf({
    ...WHO,
    action: MEMBERS.remove.action,
    from: 'gone',
    before: roleOf('gone'),
    after: null,
  })})
  select user_id from gone`

const noUser = () =>
  new AppError('reference_not_found', '`user_id` names no user.', {
    errors: [{ parameter: 'user_id', detail: 'names no user' }],
  })

const onNoUser = onConstraint({ project_members_user_id_fkey: noUser })
