// Which projects are within a caller's reach, as SQL. What is not is never read: nothing is taken out
// of a result afterwards.

import type { Reach, Relation } from '#lib/rule.ts'
import type { Member } from './model.ts'
import { PROJECTS } from './policy.ts'

export type UserReach = Exclude<Reach, 'any'>

const ROLES: Readonly<Partial<Record<Relation, Member['role']>>> = {
  project_owner: 'owner',
  project_editor: 'editor',
  project_viewer: 'viewer',
}
const ROLES_COUNT = Object.keys(ROLES).length

/** The value that the texts below call `user`; none where everything is within reach. */
export const userOf = (reach: Reach): readonly string[] => (reach === 'any' ? [] : [reach.userId])

/** That a project is within reach. `project` and `user` are what stands for their ids. */
export const isWithin = (reach: Reach, project: string, user: string): string =>
  reach === 'any'
    ? 'true'
    : `exists (select from project_members m where m.project_id = ${project} and ${isMember(reach, user)})`

/** That a row `m` of `project_members` gives the user reach. */
export function isMember({ relations }: UserReach, user: string): string {
  const roles = relations.flatMap(relation => ROLES[relation] ?? [])
  if (roles.length === 0) return 'false'
  const isUser = `m.user_id = ${user}`
  if (roles.length === ROLES_COUNT) return isUser
  return `${isUser} and m.role in (${roles.map(role => `'${role}'`).join(', ')})`
}

export type Lock = 'update' | 'no key update'

/**
 * A project `p` that is about to be changed, locked, where it is within reach. The membership that
 * gives the reach is locked as well, after the project (so does whoever ends it): a change waits for
 * it to end, and then is not made, or it waits for the change.
 */
export const locked = (reach: Reach, lock: Lock, user: string) =>
  reach === 'any'
    ? { from: 'projects p', lock: `for ${lock} of p` }
    : {
        from: `projects p join project_members m on m.project_id = p.id and ${isMember(reach, user)}`,
        lock: `for ${lock} of p for share of m`,
      }

/** With a rule that says `self`, a member of whatever role reaches what is about themself. */
export function reachTo(reach: Reach, userId: string): Reach {
  if (reach === 'any' || !reach.relations.includes('self') || reach.userId !== userId) return reach
  return { userId, relations: PROJECTS.read.relations }
}

/** Texts depend on relations alone, of which there are few sets: each is put together once. */
export function onceForEach(build: (...reaches: Reach[]) => string) {
  const texts = new Map<string, string>()
  return (...reaches: Reach[]): string => {
    const key = reaches.map(nameOf).join(';')
    const text = texts.get(key) ?? build(...reaches)
    texts.set(key, text)
    return text
  }
}

const nameOf = (reach: Reach) => (reach === 'any' ? reach : reach.relations.join())
