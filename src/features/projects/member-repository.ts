// The members of projects in PostgreSQL.

import { AppError } from '#lib/errors.ts'
import type { Runner } from '#platform/postgres/database.ts'
import { onConstraint } from '#platform/postgres/errors.ts'
import type { Member, MemberRole } from './model.ts'

export type MemberRepository = ReturnType<typeof createMemberRepository>

type Place = { projectId: string; userId: string }
type Listing = { projectId: string; after: string | undefined; limit: number }

export function createMemberRepository() {
  return { find, list, put, remove, hasOtherOwner }

  async function find(on: Runner, { projectId, userId }: Place) {
    const [member] = await on.run(
      sql => sql<Member[]>`
        select user_id, role, created_at, updated_at from project_members
        where project_id = ${projectId} and user_id = ${userId}`,
    )
    return member
  }

  /** By the id of the user. */
  async function list(on: Runner, { projectId, after, limit }: Listing): Promise<Member[]> {
    const members = await on.run(
      sql => sql<Member[]>`
        select user_id, role, created_at, updated_at from project_members
        where project_id = ${projectId} and user_id > ${after ?? NIL}
        order by user_id limit ${limit}`,
    )
    return [...members]
  }

  /** @throws AppError `reference_not_found` where there is no such user. */
  async function put(on: Runner, { projectId, userId, role }: Place & MemberRole) {
    const [put] = await on
      .run(
        sql => sql<Member[]>`
          insert into project_members (project_id, user_id, role)
          values (${projectId}, ${userId}, ${role})
          on conflict (project_id, user_id) do update
          set role = excluded.role, updated_at = greatest(now(), project_members.updated_at)
          returning user_id, role, created_at, updated_at`,
      )
      .catch(onMissingUser)
    if (!put) throw new Error('A member that was put came back without its row.')
    return put
  }

  async function remove(on: Runner, { projectId, userId }: Place): Promise<void> {
    await on.run(
      sql => sql`
        delete from project_members where project_id = ${projectId} and user_id = ${userId}`,
    )
  }

  async function hasOtherOwner(on: Runner, { projectId, userId }: Place): Promise<boolean> {
    const rows = await on.run(
      sql => sql`
        select from project_members
        where project_id = ${projectId} and user_id <> ${userId} and role = 'owner' limit 1`,
    )
    return rows.length > 0
  }
}

// Less than every id that a user has.
const NIL = '00000000-0000-0000-0000-000000000000'

const onMissingUser = onConstraint({
  project_members_user_id_fkey: () =>
    new AppError('reference_not_found', '`user_id` names no user.', {
      errors: [{ parameter: 'user_id', detail: 'names no user' }],
    }),
})
