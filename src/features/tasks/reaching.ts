// Which tasks are within a caller's reach, as SQL. What is not is never read: nothing is taken out
// of a result afterwards.

import type { Reach, Relation } from '#lib/rule.ts'
import type { TaskFilter } from './model.ts'

export type UserReach = Exclude<Reach, 'any'>

const ROLES: Readonly<Partial<Record<Relation, string>>> = {
  project_owner: 'owner',
  project_editor: 'editor',
  project_viewer: 'viewer',
}
const ROLES_COUNT = Object.keys(ROLES).length

/** That a row of `tasks` is within reach. `user` is what stands for the user's id. */
export function isWithin(reach: Reach, user: string): string {
  if (reach === 'any') return 'true'
  const own = ownConditions(reach, user)
  const member = memberCondition(reach, user)
  const conditions =
    member === undefined
      ? own
      : [
          ...own,
          `exists (select from project_members m where m.project_id = tasks.project_id and ${member})`,
        ]
  return conditions.length > 0 ? `(${conditions.join(' or ')})` : 'false'
}

/**
 * The same, for statements that look at many tasks: the user's projects are read once, and where none
 * is looked at, not at all.
 */
export function isSeenBy(reach: UserReach, user: string): string {
  const member = memberCondition(reach, user)
  const conditions = [
    ...ownConditions(reach, user),
    ...(member
      ? [`project_id in (select m.project_id from project_members m where ${member})`]
      : []),
  ]
  return `coalesce(${conditions.join(' or ') || 'false'}, false)`
}

/** The relations that a task has by itself, one condition each. */
export function ownConditions({ relations }: UserReach, user: string): string[] {
  return [
    ...(relations.includes('owner') ? [`owner_id = ${user}`] : []),
    ...(relations.includes('assignee') ? [`assignee_id = ${user}`] : []),
  ]
}

/** That a row `m` of `project_members` gives the user reach; undefined where none does. */
export function memberCondition({ relations }: UserReach, user: string): string | undefined {
  const roles = relations.flatMap(relation => ROLES[relation] ?? [])
  if (roles.length === 0) return undefined
  const isUser = `m.user_id = ${user}`
  if (roles.length === ROLES_COUNT) return isUser
  return `${isUser} and m.role in (${roles.map(role => `'${role}'`).join(', ')})`
}

/** Texts depend on relations alone, of which there are few sets: each is put together once. */
export function onceForEach<Reaches extends readonly Reach[]>(
  build: (...reaches: Reaches) => string,
): (...reaches: Reaches) => string {
  const texts = new Map<string, string>()
  return (...reaches) => {
    const key = reaches.map(nameOf).join(';')
    const text = texts.get(key) ?? build(...reaches)
    texts.set(key, text)
    return text
  }
}

const nameOf = (reach: Reach) => (reach === 'any' ? reach : reach.relations.join())

/** The parameter that statements of a user's reach have and others have not. */
export const userOf = (...reaches: readonly Reach[]): string[] => {
  for (const reach of reaches) if (reach !== 'any') return [reach.userId]
  return []
}

/** The reach that leaves some of what is asked for out; undefined where none of it is out of reach. */
export function limiting(reach: Reach, filter: TaskFilter): UserReach | undefined {
  if (reach === 'any') return undefined
  const { userId, relations } = reach
  const isOwn = filter.owner_id?.toLowerCase() === userId && relations.includes('owner')
  const isGiven = filter.assignee_id?.toLowerCase() === userId && relations.includes('assignee')
  return isOwn || isGiven ? undefined : reach
}
