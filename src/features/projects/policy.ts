// Who may do what with projects. Membership has no say yet, since everybody acts as the built-in
// user, who is an administrator.

import type { Caller } from '#lib/caller.ts'

export const mayRead = ({ roles }: Caller): boolean =>
  roles.includes('admin') || roles.includes('auditor')

export const mayWrite = ({ roles }: Caller): boolean => roles.includes('admin')
