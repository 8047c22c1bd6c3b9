// What keeps those who manage users from getting, by a key, what the key was not given, and from
// leaving nobody who may manage them.

import type { Caller, Role } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import type { User } from './model.ts'

/**
 * A key is narrowed to scopes, a person who signs in is not: a key that could make one would be
 * worth more than its scopes say.
 *
 * @throws AppError `forbidden`.
 */
export function requireGrantable({ kind }: Caller, roles: readonly Role[]): void {
  if (kind !== 'key' || roles.every(role => role === 'user')) return
  throw new AppError('forbidden', 'No key manages administrators and auditors; sign in instead.')
}

export const maySetPassword = ({ kind }: Caller): boolean => kind !== 'key'

type Given = { roles?: readonly Role[] | undefined; is_active?: boolean | undefined }

/** Whether somebody who administrates now would not any more. */
export const takesAdminAway = (before: User, { roles, is_active: isActive }: Given): boolean =>
  before.roles.includes('admin') &&
  (isActive === false || (roles !== undefined && !roles.includes('admin')))
