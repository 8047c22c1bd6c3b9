// Who may do what with API keys and tokens, as data: everybody with their own, an administrator with
// all.

import type { Rule } from '#lib/rule.ts'

export const KEYS = {
  list: {
    action: 'keys.list',
    scope: 'keys:read',
    roles: ['admin', 'auditor'],
    relations: ['self'],
    says: 'List API keys',
  },
  read: {
    action: 'keys.read',
    scope: 'keys:read',
    roles: ['admin', 'auditor'],
    relations: ['self'],
    says: 'Read an API key',
  },
  create: {
    action: 'keys.create',
    scope: 'keys:write',
    roles: ['admin'],
    relations: ['self'],
    says: 'Create an API key',
  },
  change: {
    action: 'keys.change',
    scope: 'keys:write',
    roles: ['admin'],
    relations: ['self'],
    says: 'Change an API key',
  },
  rotate: {
    action: 'keys.rotate',
    scope: 'keys:write',
    roles: ['admin'],
    relations: ['self'],
    says: 'Rotate the secret of an API key',
  },
  revoke: {
    action: 'keys.revoke',
    scope: 'keys:write',
    roles: ['admin'],
    relations: ['self'],
    says: 'Revoke an API key',
  },
} as const satisfies Record<string, Rule>

export const TOKENS = {
  create: {
    action: 'tokens.create',
    scope: 'keys:write',
    roles: ['admin'],
    relations: ['self'],
    says: 'Mint a short-lived token',
  },
} as const satisfies Record<string, Rule>
