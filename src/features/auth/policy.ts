// Who may do what about signing in, as data. Signing in and refreshing have no rule: nobody is known
// before.

import type { Rule } from '#lib/rule.ts'

export const AUTH = {
  logout: {
    action: 'auth.logout',
    scope: null,
    roles: [],
    relations: ['self'],
    says: 'Sign out',
  },
  changePassword: {
    action: 'auth.change_password',
    scope: null,
    roles: [],
    relations: ['self'],
    says: 'Change one’s own password',
  },
  listSessions: {
    action: 'auth.list_sessions',
    scope: null,
    roles: [],
    relations: ['self'],
    says: 'List one’s own sessions',
  },
  endSession: {
    action: 'auth.end_session',
    scope: null,
    roles: [],
    relations: ['self'],
    says: 'End one’s own sessions',
  },
  rotateSigningKeys: {
    action: 'auth.rotate_signing_keys',
    scope: null,
    roles: ['admin'],
    relations: [],
    says: 'Rotate the keys that tokens are signed with',
  },
} as const satisfies Record<string, Rule>

/** What is recorded of what has no rule. */
export const LOGIN = 'auth.login'
export const REFRESH = 'auth.refresh'
export const PROVIDER_USER = 'auth.provider_user'
