// Who may do what with users, as data: administrators manage them, everybody sees themselves.

import type { Rule } from '#lib/rule.ts'

export const USERS = {
  list: {
    action: 'users.list',
    scope: 'users:read',
    roles: ['admin', 'auditor'],
    relations: ['self'],
    says: 'List users',
  },
  read: {
    action: 'users.read',
    scope: 'users:read',
    roles: ['admin', 'auditor'],
    relations: ['self'],
    says: 'Read a user',
  },
  create: {
    action: 'users.create',
    scope: 'users:write',
    roles: ['admin'],
    relations: [],
    says: 'Create a user',
  },
  change: {
    action: 'users.change',
    scope: 'users:write',
    roles: ['admin'],
    relations: [],
    says: 'Change a user: name, address, roles, password, whether they are active',
  },
  remove: {
    action: 'users.remove',
    scope: 'users:write',
    roles: ['admin'],
    relations: [],
    says: 'Remove a user, or disable one that something still belongs to',
  },
  readSelf: {
    action: 'users.read_self',
    scope: 'users:read',
    roles: [],
    relations: ['self'],
    says: 'Read oneself',
  },
  changeSelf: {
    action: 'users.change_self',
    scope: 'users:write',
    roles: [],
    relations: ['self'],
    says: 'Change one’s own name',
  },
} as const satisfies Record<string, Rule>

/** What registering leaves in the audit log; it has no rule, since nobody is known yet. */
export const REGISTER = 'users.register'
