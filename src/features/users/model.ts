// The shapes of a user, once.

import { type Static, Type } from '@sinclair/typebox'
import { ROLES } from '#lib/caller.ts'
import {
  email,
  fields,
  flag,
  id,
  line,
  nullable,
  someOf,
  text,
  time,
  whole,
  word,
} from '#lib/fields.ts'

export const SORTS = ['-created_at', 'created_at'] as const

export const LIMIT_MAX = 200
export const LIMIT_DEFAULT = 50
const VERSION_MAX = 2_147_483_647

/** NIST SP 800-63B: length is what counts; no rules about kinds of characters. */
export const PASSWORD_CHARACTERS = { min: 12, max: 256 } as const

const address = email({
  description: 'Kept in lower case; unique.',
  examples: ['ada@example.com'],
})
const name = line({
  min: 1,
  max: 200,
  description: 'What people call them.',
  examples: ['Ada Lovelace'],
})
const roles = someOf(ROLES, {
  description:
    '`admin` may do everything, `auditor` may read everything, `user` sees what they own, are assigned or are a member of.',
  examples: [['user']],
})
const isActive = flag({
  description: 'Whether they may sign in; their keys and sessions end with it.',
  examples: [true],
})
const password = text({
  ...PASSWORD_CHARACTERS,
  description:
    'At least 12 characters, of any kind, but not one of those that are guessed first, nor made from the name or the address.',
  examples: ['a-long-phrase-of-your-own'],
})
const version = whole({
  min: 1,
  max: VERSION_MAX,
  description: 'Grows by one with every change; signing in changes nothing.',
  examples: [1],
})

export type User = Static<typeof User>
export const User = fields(
  {
    id: id({ description: 'UUIDv7, in order of creation.' }),
    email: nullable(address),
    name,
    roles,
    is_active: isActive,
    last_login_at: nullable(time({ description: 'When they last signed in.' })),
    version,
    created_at: time({ description: 'When they were created.' }),
    updated_at: time({ description: 'When they were last changed.' }),
  },
  { $id: 'User', description: 'Somebody, or some service, that acts here.' },
)

const expectedVersion = Type.Optional(
  whole({
    min: 1,
    max: VERSION_MAX,
    description: 'Makes the change only while the user still has this version, as `If-Match` does.',
  }),
)

export type NewUser = Static<typeof NewUser>
export const NewUser = fields(
  {
    email: Type.Optional(nullable(address)),
    name,
    roles: Type.Optional(roles),
    is_active: Type.Optional(isActive),
    password: Type.Optional(nullable(password)),
  },
  {
    $id: 'NewUser',
    description:
      'A user to create. Without an address or a password nobody signs in as them: they are a service, which acts by keys.',
  },
  User,
)

export type UserChange = Static<typeof UserChange>
export const UserChange = fields(
  {
    email: Type.Optional(nullable(address)),
    name: Type.Optional(name),
    roles: Type.Optional(roles),
    is_active: Type.Optional(isActive),
    password: Type.Optional(nullable(password)),
    version: expectedVersion,
  },
  {
    $id: 'UserChange',
    description: 'A merge patch (RFC 7396): what is left out stays, null clears.',
  },
  User,
)

export type Registration = Static<typeof Registration>
export const Registration = fields(
  { email: address, name, password },
  { $id: 'Registration', description: 'An account to open for oneself.' },
  User,
)

export type SelfChange = Static<typeof SelfChange>
export const SelfChange = fields(
  { name: Type.Optional(name), version: expectedVersion },
  { $id: 'SelfChange', description: 'A merge patch (RFC 7396) of what one may change oneself.' },
  User,
)

export type UserFilter = Pick<UserQuery, 'email' | 'role' | 'is_active'>
export type UserQuery = Static<typeof UserQuery>
export const UserQuery = fields({
  email: Type.Optional(email({ description: 'The whole address.' })),
  role: Type.Optional(word(ROLES, { description: 'A role that they have.' })),
  is_active: Type.Optional(flag({ description: 'Whether they may sign in.' })),
  sort: Type.Optional(
    word(SORTS, { description: 'The order; `-` turns it round.', default: '-created_at' }),
  ),
  cursor: Type.Optional(
    text({ min: 1, max: 1_000, description: 'The `next_cursor` of the page before.' }),
  ),
  limit: Type.Optional(
    whole({
      min: 1,
      max: LIMIT_MAX,
      default: LIMIT_DEFAULT,
      description: 'Most of them on a page.',
    }),
  ),
})

export type UserPage = Static<typeof UserPage>
export const UserPage = fields(
  {
    data: Type.Array(User),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Pass it as `cursor` to get the next page; null on the last one.',
    }),
  },
  { $id: 'UserPage', description: 'One page of users.' },
)
