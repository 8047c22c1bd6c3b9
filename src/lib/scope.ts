// What a credential may be narrowed to. A key has what its scopes say, and never more than its user.

export const SCOPES = [
  'tasks:read',
  'tasks:write',
  'projects:read',
  'projects:write',
  'users:read',
  'users:write',
  'keys:read',
  'keys:write',
  'audit:read',
] as const

export type Scope = (typeof SCOPES)[number]

export const isScope = (text: string): text is Scope => SCOPES.some(scope => scope === text)
