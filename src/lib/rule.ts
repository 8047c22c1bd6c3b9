// Who may do one thing, as data: what a feature's `policy.ts` lists, routes and methods name, services
// ask, and `docs/permissions.md` is made from.

import { type Caller, NOBODY, type Role } from './caller.ts'
import { AppError } from './errors.ts'
import type { Scope } from './scope.ts'

/** How a user stands to a row. `anyone` needs no row: every user who is signed in. */
export type Relation =
  | 'anyone'
  | 'self'
  | 'owner'
  | 'assignee'
  | 'project_owner'
  | 'project_editor'
  | 'project_viewer'

export type Rule = {
  /** Such as `tasks.change`; also what an entry of the audit log says was done. */
  action: string
  /** What a key needs; null where no key will do, and a person has to be signed in. */
  scope: Scope | null
  /** Whoever has one of these may, with any row. */
  roles: readonly Role[]
  /** Everybody else may with rows that they stand to like this. */
  relations: readonly Relation[]
  /** What it is, for people: `Change a task`. */
  says: string
}

/** Which rows a caller may do something with: any, or those of one user by relation. */
export type Reach = 'any' | { userId: string; relations: readonly Relation[] }

/** Undefined where the caller may not do this with any row at all. */
export function reachOf(caller: Caller, rule: Rule): Reach | undefined {
  if (!isInScope(caller, rule) || caller.kind === 'anonymous') return undefined
  if (rule.roles.some(role => caller.roles.includes(role))) return 'any'
  // Whoever is nobody stands to no row, and to none that is to come.
  return rule.relations.length === 0 || caller.userId === NOBODY
    ? undefined
    : { userId: caller.userId, relations: rule.relations }
}

/** @throws AppError `forbidden` where the caller may not do this with any row at all. */
export function requireReach(caller: Caller, rule: Rule): Reach {
  const reach = reachOf(caller, rule)
  if (reach) return reach
  throw new AppError('forbidden', `You may not do this (${rule.action}).`)
}

export const isInScope = ({ scopes }: Caller, { scope }: Rule): boolean =>
  scopes === 'all' || (scope !== null && scopes.includes(scope))
