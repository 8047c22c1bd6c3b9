// Who belongs to a project, and as what. A project always has an owner.

import type { Call } from '#lib/call.ts'
import { decodeCursor, encodeCursor } from '#lib/cursor.ts'
import { AppError } from '#lib/errors.ts'
import type { Database, Tx } from '#platform/postgres/database.ts'
import type { MemberRepository } from './member-repository.ts'
import {
  LIMIT_DEFAULT,
  type Member,
  type MemberPage,
  type MemberQuery,
  type MemberRole,
} from './model.ts'
import { mayRead, mayWrite } from './policy.ts'
import type { ProjectRepository } from './repository.ts'

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  repository: MemberRepository
  projects: Pick<ProjectRepository, 'find' | 'lock'>
}

type Place = { projectId: string; userId: string }

// Cursors of members mean nothing to other lists.
const ORDER = 'member'

export function createMembers({ database, repository, projects }: Needs) {
  return { list, get, put, remove }

  async function list(call: Call, projectId: string, query: MemberQuery): Promise<MemberPage> {
    if (!mayRead(call.caller)) throw noProject()
    const { cursor, limit = LIMIT_DEFAULT } = query
    const after = cursor && decodeCursor(cursor, ORDER, key => key === null).id
    const on = database.on(call.signal)
    const members = await repository.list(on, { projectId, after, limit: limit + 1 })
    // A project has members; none found may also be a cursor behind the last one.
    if (members.length === 0) await requireProject(call, projectId)
    const last = members.length > limit ? members[limit - 1] : undefined
    return {
      data: members.slice(0, limit),
      next_cursor: last ? encodeCursor(ORDER, { key: null, id: last.user_id }) : null,
    }
  }

  async function get(call: Call, place: Place): Promise<Member> {
    if (!mayRead(call.caller)) throw noProject()
    const member = await repository.find(database.on(call.signal), place)
    if (member) return member
    await requireProject(call, place.projectId)
    throw notFound()
  }

  /** @throws AppError `last_owner`, `reference_not_found` where there is no such user. */
  async function put(call: Call, place: Place, { role }: MemberRole) {
    return await changing(call, place, async tx => {
      const before = await repository.find(tx, place)
      if (before?.role === 'owner' && role !== 'owner') await requireOtherOwner(tx, place)
      return { member: await repository.put(tx, { ...place, role }), created: !before }
    })
  }

  /** @throws AppError `last_owner`, `member_not_found`. */
  async function remove(call: Call, place: Place): Promise<void> {
    await changing(call, place, async tx => {
      const member = await repository.find(tx, place)
      if (!member) throw notFound()
      if (member.role === 'owner') await requireOtherOwner(tx, place)
      await repository.remove(tx, place)
    })
  }

  // Changes of one project's members wait for each other: of two owners who remove one another at
  // the same time, the second has to find itself the last one.
  async function changing<T>(call: Call, { projectId }: Place, work: (tx: Tx) => Promise<T>) {
    if (!mayWrite(call.caller)) throw new AppError('forbidden', 'You may not change members.')
    return await database.transaction(call.signal, async tx => {
      if (!(await projects.lock(tx, projectId))) throw noProject()
      return await work(tx)
    })
  }

  async function requireOtherOwner(tx: Tx, place: Place): Promise<void> {
    if (await repository.hasOtherOwner(tx, place)) return
    throw new AppError('last_owner', 'The user is the last owner of the project.')
  }

  async function requireProject(call: Call, projectId: string): Promise<void> {
    if (!(await projects.find(database.on(call.signal), projectId))) throw noProject()
  }
}

const noProject = () => new AppError('project_not_found', 'There is no project with this id.')

const notFound = () => new AppError('member_not_found', 'The user is not a member of this project.')
