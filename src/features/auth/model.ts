// The shapes of signing in, once.

import { type Static, Type } from '@sinclair/typebox'
import { ROLES } from '#lib/caller.ts'
import { email, fields, flag, id, nullable, someOf, text, time, whole, word } from '#lib/fields.ts'

// What is longer is nobody's password, and costs as much to look at as one.
const PASSWORD_CHARACTERS_MAX = 256

const refreshToken = text({
  min: 1,
  max: 200,
  description: 'Good for one refresh; the answer to that has the next one.',
  examples: ['zerg_rt_…'],
})

export type Login = Static<typeof Login>
export const Login = fields(
  {
    email: email({ description: 'In any case.', examples: ['ada@example.com'] }),
    password: text({ min: 1, max: PASSWORD_CHARACTERS_MAX, description: 'The password.' }),
  },
  { $id: 'Login', description: 'Who signs in.' },
)

export type Refresh = Static<typeof Refresh>
export const Refresh = fields(
  { refresh_token: refreshToken },
  { $id: 'Refresh', description: 'A refresh token, to be exchanged for new ones.' },
)

export type Tokens = Static<typeof Tokens>
export const Tokens = fields(
  {
    access_token: text({
      max: 8_192,
      description: 'For `Authorization: Bearer …`.',
      examples: ['eyJ…'],
    }),
    token_type: word(['Bearer'], { description: 'How the access token is shown (RFC 6750).' }),
    expires_in: whole({
      min: 1,
      max: 86_400,
      description: 'Seconds that the access token is good for.',
      examples: [900],
    }),
    refresh_token: refreshToken,
    session_id: id({ description: 'The session, as it stands in the list of sessions.' }),
    user_id: id({ description: 'Who is signed in.' }),
    roles: someOf(ROLES, { description: 'What they are.', examples: [['user']] }),
  },
  { $id: 'Tokens', description: 'What somebody who is signed in needs.' },
)

export type PasswordChange = Static<typeof PasswordChange>
export const PasswordChange = fields(
  {
    current_password: text({
      min: 1,
      max: PASSWORD_CHARACTERS_MAX,
      description: 'The password as it is.',
    }),
    new_password: text({
      min: 12,
      max: PASSWORD_CHARACTERS_MAX,
      description:
        'At least 12 characters, of any kind, but not one of those that are guessed first, nor made from the name or the address.',
    }),
  },
  { $id: 'PasswordChange', description: 'Another password for oneself.' },
)

export type Session = Static<typeof Session>
export const Session = fields(
  {
    id: id({ description: 'UUIDv7, in order of creation.' }),
    is_current: flag({ description: 'Whether it is the one that asks.' }),
    address: nullable(text({ max: 64, description: 'Where it was last refreshed from.' })),
    user_agent: nullable(
      text({ max: 256, description: 'What it was last refreshed by, in its own words.' }),
    ),
    created_at: time({ description: 'When it began.' }),
    last_used_at: time({ description: 'When it was last refreshed.' }),
    expires_at: time({ description: 'When it ends, unless it is refreshed before.' }),
  },
  { $id: 'Session', description: 'A place where somebody is signed in.' },
)

export type Sessions = Static<typeof Sessions>
export const Sessions = fields(
  { data: Type.Array(Session) },
  { $id: 'Sessions', description: 'Every session of the caller, the latest first.' },
)

export type Jwks = Static<typeof Jwks>
export const Jwks = fields(
  {
    keys: Type.Array(
      fields({
        kty: word(['OKP'], { description: 'RFC 8037.' }),
        crv: word(['Ed25519'], { description: 'The curve.' }),
        x: text({ max: 64, description: 'The public key.' }),
        kid: text({ max: 64, description: 'Its thumbprint (RFC 7638).' }),
        use: word(['sig'], { description: 'What it is for.' }),
        alg: word(['EdDSA'], { description: 'How it signs.' }),
      }),
    ),
  },
  { $id: 'Jwks', description: 'A JSON Web Key Set (RFC 7517).' },
)

export type SigningKeyRotation = Static<typeof SigningKeyRotation>
export const SigningKeyRotation = fields(
  {
    at_once: Type.Optional(
      flag({
        description:
          'The keys before verify nothing from now on: for one that somebody else has. Everybody has to refresh.',
      }),
    ),
  },
  { $id: 'SigningKeyRotation', description: 'How the signing keys are rotated.' },
)

export type RotatedSigningKey = Static<typeof RotatedSigningKey>
export const RotatedSigningKey = fields(
  {
    id: text({ max: 64, description: 'Its thumbprint (RFC 7638), which tokens name as `kid`.' }),
    signs_from: time({ description: 'When it begins to sign.' }),
  },
  { $id: 'RotatedSigningKey', description: 'The key that signs next.' },
)
