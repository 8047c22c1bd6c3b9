// Who belongs to a project, and as what. A project always has an owner.

import type { Call } from '#lib/call.ts'
import { decodeCursor, encodeCursor } from '#lib/cursor.ts'
import { AppError } from '#lib/errors.ts'
import { type Reach, requireReach } from '#lib/rule.ts'
import type { Database, Tx } from '#platform/postgres/database.ts'
import type { MemberRepository, Place } from './member-repository.ts'
import {
  LIMIT_DEFAULT,
  type Member,
  type MemberPage,
  type MemberQuery,
  type MemberRole,
} from './model.ts'
import { MEMBERS } from './policy.ts'
import { reachTo } from './reaching.ts'
import { createReasons, notFound as noProject } from './reasons.ts'
import type { ProjectRepository } from './repository.ts'

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  repository: MemberRepository
  projects: Pick<ProjectRepository, 'find' | 'lockMembers' | 'judge'>
}

// Cursors of members mean nothing to other lists.
const ORDER = 'member'

export function createMembers({ database, repository, projects }: Needs) {
  const whyNot = createReasons(projects)

  return { list, get, put, remove }

  async function list(call: Call, projectId: string, query: MemberQuery): Promise<MemberPage> {
    const reach = requireReach(call.caller, MEMBERS.list)
    const { cursor, limit = LIMIT_DEFAULT } = query
    const after = cursor && decodeCursor(cursor, ORDER, key => key === null).id
    const on = database.on(call.signal)
    const members = await repository.list(on, { projectId, after, limit: limit + 1 }, reach)
    // A project has members; none found may also be a cursor behind the last one.
    if (members.length === 0) await requireProject(call, projectId, reach)
    const last = members.length > limit ? members[limit - 1] : undefined
    return {
      data: members.slice(0, limit),
      next_cursor: last ? encodeCursor(ORDER, { key: null, id: last.user_id }) : null,
    }
  }

  async function get(call: Call, place: Place): Promise<Member> {
    const reach = requireReach(call.caller, MEMBERS.read)
    const member = await repository.find(database.on(call.signal), place, reach)
    if (member) return member
    await requireProject(call, place.projectId, reach)
    throw notFound()
  }

  /** @throws AppError `last_owner`, `reference_not_found` where there is no such user. */
  async function put(call: Call, place: Place, { role }: MemberRole) {
    const reach = requireReach(call.caller, MEMBERS.put)
    return await changing(call, { place, reach }, async tx => {
      const before = await repository.find(tx, place, 'any')
      if (before?.role === 'owner' && role !== 'owner') await requireOtherOwner(tx, place)
      return { member: await repository.put(tx, call, { ...place, role }), created: !before }
    })
  }

  /** @throws AppError `last_owner`, `member_not_found`. */
  async function remove(call: Call, place: Place): Promise<void> {
    const reach = reachTo(requireReach(call.caller, MEMBERS.remove), place.userId)
    await changing(call, { place, reach }, async tx => {
      const member = await repository.find(tx, place, 'any')
      if (!member) throw notFound()
      if (member.role === 'owner') await requireOtherOwner(tx, place)
      await repository.remove(tx, call, place)
    })
  }

  type Changing = { place: Place; reach: Reach }

  // Changes of one project's members wait for each other: of two owners who remove one another at
  // the same time, the second is no member any more; of two who leave, it is the last one.
  async function changing<T>(
    call: Call,
    { place, reach }: Changing,
    work: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    const target = { id: place.projectId, version: undefined, reach }
    return await database.transaction(call.signal, async tx => {
      if (!(await projects.lockMembers(tx, target.id, reach))) throw await whyNot(tx, call, target)
      return await work(tx)
    })
  }

  async function requireOtherOwner(tx: Tx, place: Place): Promise<void> {
    if (await repository.hasOtherOwner(tx, place)) return
    throw new AppError('last_owner', 'The user is the last owner of the project.')
  }

  async function requireProject(call: Call, projectId: string, reach: Reach): Promise<void> {
    if (!(await projects.find(database.on(call.signal), projectId, reach))) throw noProject()
  }
}

const notFound = () => new AppError('member_not_found', 'The user is not a member of this project.')
