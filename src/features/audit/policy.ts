// Who may read the audit log, as data. Nobody changes it.

import type { Rule } from '#lib/rule.ts'

export const AUDIT = {
  list: {
    action: 'audit.list',
    scope: 'audit:read',
    roles: ['admin', 'auditor'],
    relations: [],
    says: 'List entries of the audit log',
  },
  read: {
    action: 'audit.read',
    scope: 'audit:read',
    roles: ['admin', 'auditor'],
    relations: [],
    says: 'Read an entry of the audit log',
  },
} as const satisfies Record<string, Rule>
