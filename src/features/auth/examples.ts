// Signing in as the documentation shows it.

import type { Jwks, Login, PasswordChange, Refresh, Session, Sessions, Tokens } from './model.ts'

const REFRESH_TOKEN = `zerg_rt_${'Zq3v8Kx1'.repeat(10)}Zq3v8K`

export const logins: Record<'password', Login> = {
  password: { email: 'ada@example.com', password: 'several words of her own' },
}

export const refreshes: Record<'token', Refresh> = { token: { refresh_token: REFRESH_TOKEN } }

export const someTokens: Tokens = {
  access_token: 'eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6IsKmIn0.e30.c2lnbmF0dXJl',
  token_type: 'Bearer',
  expires_in: 900,
  refresh_token: REFRESH_TOKEN,
  session_id: '01939c2e-7b00-7a11-9c3d-6e0f1a2b3c4d',
  user_id: '01939c2e-7a5e-7c11-8a2b-5d0f1a2b3c4d',
  roles: ['user'],
}

export const passwordChanges: Record<'change', PasswordChange> = {
  change: {
    current_password: 'several words of her own',
    new_password: 'some other words of hers',
  },
}

export const aSession: Session = {
  id: '01939c2e-7b00-7a11-9c3d-6e0f1a2b3c4d',
  is_current: true,
  address: '203.0.113.7',
  user_agent: 'curl/8.11.0',
  created_at: '2026-11-23T09:00:00.000Z',
  last_used_at: '2026-11-24T08:00:00.000Z',
  expires_at: '2026-12-08T08:00:00.000Z',
}

export const sessions: Sessions = { data: [aSession] }

export const jwks: Jwks = {
  keys: [
    {
      kty: 'OKP',
      crv: 'Ed25519',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
      use: 'sig',
      alg: 'EdDSA',
    },
  ],
}
