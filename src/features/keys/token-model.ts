// The shapes of a token that is minted for a script.

import { type Static, Type } from '@sinclair/typebox'
import { fields, id, someOf, text, time, whole } from '#lib/fields.ts'
import { SCOPES } from '#lib/scope.ts'

export const TOKEN_S = { usual: 900, max: 3_600 } as const

const scopes = someOf(SCOPES, {
  description: 'What it is good for, at most: it never has more than its user.',
  examples: [['tasks:read']],
})

export type NewToken = Static<typeof NewToken>
export const NewToken = fields(
  {
    scopes: Type.Optional(scopes),
    expires_in_s: Type.Optional(
      whole({
        min: 1,
        max: TOKEN_S.max,
        default: TOKEN_S.usual,
        description: 'For how many seconds it is good.',
      }),
    ),
    user_id: Type.Optional(
      id({ description: 'Whom it acts for: the caller, unless an administrator says otherwise.' }),
    ),
  },
  { $id: 'NewToken', description: 'A token to mint.' },
)

export type MintedToken = Static<typeof MintedToken>
export const MintedToken = fields(
  {
    access_token: text({
      max: 4_096,
      description: 'To be sent as `Authorization: Bearer …`.',
      examples: ['eyJhbGciOi…'],
    }),
    token_type: text({ max: 10, description: 'How it is sent.', examples: ['Bearer'] }),
    expires_in: whole({
      min: 1,
      max: TOKEN_S.max,
      description: 'For how many seconds it is good.',
      examples: [TOKEN_S.usual],
    }),
    expires_at: time({ description: 'From then on it is good for nothing.' }),
    user_id: id({ description: 'The user whom it acts for.' }),
    scopes,
  },
  { $id: 'MintedToken', description: 'A token for a script, and until when it is good.' },
)
