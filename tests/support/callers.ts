// Calls by every kind of caller there is.

import type { Call } from '#lib/call.ts'
import { ANONYMOUS, type Identity, NOBODY, OPERATOR, type Role } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import type { Scope } from '#lib/scope.ts'
import { callBy } from './databases.ts'

export const aUser = (userId: string, roles: readonly Role[] = ['user']): Identity => ({
  kind: 'user',
  id: userId,
  userId,
  roles,
  scopes: 'all',
  sessionId: null,
})

/** A key of that user's, with an id of its own. */
export const aKey = (
  userId: string,
  scopes: Identity['scopes'],
  roles: readonly Role[] = ['user'],
): Identity => ({ ...aUser(userId, roles), kind: 'key', id: newId(), scopes })

export const asUser = (userId: string, roles?: readonly Role[]): Call =>
  callBy(aUser(userId, roles))

export const asKey = (userId: string, scopes: readonly Scope[], roles?: readonly Role[]): Call =>
  callBy(aKey(userId, scopes, roles))

export const asAnonymous = (): Call => callBy(ANONYMOUS)

export const asOperator = (): Call => callBy(OPERATOR)

/** Zerg itself, on nobody's behalf. */
export const asInternal = (): Call =>
  callBy({ kind: 'internal', id: NOBODY, userId: NOBODY, roles: ['admin'], scopes: 'all' })
