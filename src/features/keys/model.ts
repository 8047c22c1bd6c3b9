// The shapes of an API key, once.

import { type Static, Type } from '@sinclair/typebox'
import { fields, flag, id, line, nullable, someOf, text, time, whole, word } from '#lib/fields.ts'
import { SCOPES } from '#lib/scope.ts'

export const SORTS = ['-created_at', 'created_at'] as const

export const LIMIT_MAX = 200
export const LIMIT_DEFAULT = 50
const VERSION_MAX = 2_147_483_647
const OVERLAP_MAX_S = 30 * 24 * 3_600

const name = line({
  min: 1,
  max: 100,
  description: 'What it is for.',
  examples: ['Nightly import'],
})
const scopes = someOf(SCOPES, {
  description:
    'What the key may do, at most: it never has more than its user. Reading what somebody else may not see is not made possible by a scope.',
  examples: [['tasks:read', 'tasks:write']],
})
const expiresAt = nullable(
  time({
    description: 'From then on it is good for nothing.',
    examples: ['2027-01-01T00:00:00.000Z'],
  }),
)
const version = whole({
  min: 1,
  max: VERSION_MAX,
  description: 'Grows by one with every change; use alone changes nothing.',
  examples: [1],
})
const moment = (description: string) => nullable(time({ description }))

const shown = {
  id: id({ description: 'UUIDv7, in order of creation.' }),
  user_id: id({ description: 'The user whom it acts for.' }),
  name,
  prefix: text({
    max: 40,
    description: 'How the secret begins.',
    examples: ['zerg_key_Ab3d'],
  }),
  scopes,
  expires_at: expiresAt,
  last_used_at: moment('When it was last shown to this API; some seconds late.'),
  revoked_at: moment('Since when it is revoked, for good.'),
  rotated_at: moment('When it got the secret that it has.'),
  overlap_until: moment('Until when the secret before works as well.'),
  version,
  created_at: time({ description: 'When it was created.' }),
  updated_at: time({ description: 'When it was last changed.' }),
}

export type ApiKey = Static<typeof ApiKey>
export const ApiKey = fields(shown, {
  $id: 'ApiKey',
  description: 'A key that a service or a person calls the API with.',
})

export type NewSecret = Static<typeof NewSecret>
export const NewSecret = fields(
  {
    ...shown,
    secret: text({
      max: 60,
      description: 'To be sent as `Authorization: Bearer …`. Shown this once and never again.',
      examples: ['zerg_key_Ab3dEf…'],
    }),
  },
  { $id: 'ApiKeyWithSecret', description: 'A key and its new secret.' },
)

export type NewApiKey = Static<typeof NewApiKey>
export const NewApiKey = fields(
  {
    name,
    scopes,
    expires_at: Type.Optional(expiresAt),
    user_id: Type.Optional(
      id({ description: 'Whom it acts for: the caller, unless an administrator says otherwise.' }),
    ),
  },
  { $id: 'NewApiKey', description: 'A key to create.' },
  ApiKey,
)

const expectedVersion = Type.Optional(
  whole({
    min: 1,
    max: VERSION_MAX,
    description: 'Makes the change only while the key still has this version, as `If-Match` does.',
  }),
)

export type ApiKeyChange = Static<typeof ApiKeyChange>
export const ApiKeyChange = fields(
  {
    name: Type.Optional(name),
    scopes: Type.Optional(scopes),
    expires_at: Type.Optional(expiresAt),
    version: expectedVersion,
  },
  {
    $id: 'ApiKeyChange',
    description: 'A merge patch (RFC 7396): what is left out stays; null takes the end away.',
  },
  ApiKey,
)

export type Rotation = Static<typeof Rotation>
export const Rotation = fields(
  {
    overlap_s: Type.Optional(
      whole({
        min: 0,
        max: OVERLAP_MAX_S,
        description:
          'For how many seconds the secret before works as well; 0 ends it at once. At most, and by default, what `ZERG_KEYS_OVERLAP` says.',
        examples: [3_600],
      }),
    ),
    version: expectedVersion,
  },
  { $id: 'ApiKeyRotation', description: 'How a key gets a new secret.' },
)

export type ApiKeyFilter = Pick<ApiKeyQuery, 'user_id' | 'revoked'>
export type ApiKeyQuery = Static<typeof ApiKeyQuery>
export const ApiKeyQuery = fields({
  user_id: Type.Optional(id({ description: 'The user whom they act for.' })),
  revoked: Type.Optional(flag({ description: 'Only those that are revoked, or are not.' })),
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

export type ApiKeyPage = Static<typeof ApiKeyPage>
export const ApiKeyPage = fields(
  {
    data: Type.Array(ApiKey),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Pass it as `cursor` to get the next page; null on the last one.',
    }),
  },
  { $id: 'ApiKeyPage', description: 'One page of API keys.' },
)
