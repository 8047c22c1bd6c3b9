// Somebody for a test, and tokens that say so: what a test calls a token is the identity itself.

import { type Authenticate, type Identity } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'

/** A user of their own, unless more is said. */
export function aUser(given: Partial<Identity> = {}): Identity {
  const id = newId()
  return { kind: 'user', id, userId: id, roles: ['user'], scopes: 'all', sessionId: null, ...given }
}

export const anAdmin = (given: Partial<Identity> = {}): Identity =>
  aUser({ roles: ['user', 'admin'], ...given })

export const anAuditor = (given: Partial<Identity> = {}): Identity =>
  aUser({ roles: ['user', 'auditor'], ...given })

const MARK = 'test.'

export const tokenFor = (identity: Identity): string =>
  MARK + Buffer.from(JSON.stringify(identity)).toString('base64url')

/** @throws AppError `invalid_token` for what `tokenFor` has not made. */
export const authenticateTest: Authenticate = token => {
  if (!token.startsWith(MARK)) throw new AppError('invalid_token', 'The token is not known.')
  return JSON.parse(Buffer.from(token.slice(MARK.length), 'base64url').toString()) as Identity
}
