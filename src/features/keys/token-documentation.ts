// What the API document says about minting tokens.

import { documented } from '#transport/http/docs/documented.ts'
import { TOKENS } from './policy.ts'
import { MintedToken, type NewToken, NewToken as Shape } from './token-model.ts'

const aToken: MintedToken = {
  access_token: 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTkzOWMyZSJ9.c2lnbmF0dXJl',
  token_type: 'Bearer',
  expires_in: 900,
  expires_at: '2026-11-24T10:45:00.000Z',
  user_id: '01939c2e-7a00-7c11-8a52-0f1e2d3c4b5a',
  scopes: ['tasks:read'],
}

const newTokens: Record<'usual' | 'narrow', NewToken> = {
  usual: {},
  narrow: { scopes: ['tasks:read'], expires_in_s: 300 },
}

export const createToken = documented({
  id: 'createToken',
  rule: TOKENS.create,
  tag: 'keys',
  needs: 'database',
  summary: 'Mint a short-lived token',
  description:
    'For a script that is not to be trusted with a key: an access token that is narrowed to scopes and good for an hour at most. It has what the caller has unless `scopes` says less, and never `keys:write`. One that a key minted ends with the key. It is kept nowhere and cannot be refreshed.',
  body: { shape: Shape, examples: newTokens },
  answers: {
    200: {
      description: 'The token.',
      shape: MintedToken,
      example: aToken,
      headers: ['Cache-Control'],
    },
  },
  errors: ['forbidden', 'reference_not_found'],
})
