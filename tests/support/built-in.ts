// An administrator for tests that are not about who asks. It acts as the row of `users` that every
// database has, so that none has to be made.

import { BUILT_IN_USER_ID, type Identity } from '#lib/caller.ts'

export const BUILT_IN: Identity = {
  kind: 'internal',
  id: BUILT_IN_USER_ID,
  userId: BUILT_IN_USER_ID,
  roles: ['admin'],
  scopes: 'all',
  sessionId: null,
}
