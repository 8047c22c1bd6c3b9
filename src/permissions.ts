// Every rule there is of who may do what, in the order that docs/permissions.md shows them in.

import { AUTH } from '#features/auth/index.ts'
import { AUDIT } from '#features/audit/index.ts'
import { KEYS, TOKENS } from '#features/keys/index.ts'
import { MEMBERS, PROJECTS } from '#features/projects/index.ts'
import { TASKS } from '#features/tasks/index.ts'
import { USERS } from '#features/users/index.ts'
import type { Rule } from '#lib/rule.ts'

export type Chapter = {
  title: string
  rules: Readonly<Record<string, Rule>>
  /** What a reader has to know beyond the rules, in whole sentences. */
  notes: string
}

export const permissions: readonly Chapter[] = [
  {
    title: 'Tasks',
    rules: TASKS,
    notes:
      'A task may be given to oneself, to a member of its project, and by an administrator to anybody who is active. Naming a project that one may not see, or a user whom one may not name, is answered as if there were none (`reference_not_found`).',
  },
  {
    title: 'Projects',
    rules: PROJECTS,
    notes:
      'Membership decides. `owner_id` says who has created a project, and gives nothing to somebody who is no member any more; names are unique among what one user has created, so whoever may rename such a project can find out that a name is taken there. Deleting a project is its owners’ right, and with `?tasks=delete` or `?tasks=detach` so is what becomes of the tasks in it, whoever owns those.',
  },
  {
    title: 'Members',
    rules: MEMBERS,
    notes:
      '`self` is the member themself, whatever they are in the project: whoever is one may leave. The last owner who is active stays, and stays an owner, whoever asks. A user who does not exist and one who was disabled are told alike (`reference_not_found`).',
  },
  {
    title: 'API keys',
    rules: KEYS,
    notes: '`self` is the user whom the key acts for. Nobody gives a key more than they have.',
  },
  {
    title: 'Tokens for scripts',
    rules: TOKENS,
    notes:
      '`self` is the user whom the token acts for. A token has no more than whoever mints it and never `keys:write`, so that none mints another; a key mints tokens for its own user only, which end with it.',
  },
  {
    title: 'Users',
    rules: USERS,
    notes:
      '`self` is the user themself; others are answered as if there were none. No administrator takes their own role away or disables themself, and the last active one stays one (`last_admin`). A key creates and changes nobody who is more than a `user`, and sets no passwords of others.',
  },
  {
    title: 'Signing in',
    rules: AUTH,
    notes:
      'No key will do for these: a person has to be signed in. Rotating the signing keys is a command, `zerg keys rotate-signing`.',
  },
  {
    title: 'Audit log',
    rules: AUDIT,
    notes:
      'Nobody changes it, whatever their role. Reading it leaves an entry of its own, and a key reads it only for an auditor or an administrator.',
  },
]
