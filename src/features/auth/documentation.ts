// What the API document says about each route of signing in.

import { OPEN } from '#transport/http/access.ts'
import { documented } from '#transport/http/docs/documented.ts'
import {
  jwks,
  logins,
  passwordChanges,
  refreshes,
  sessions as someSessions,
  someTokens,
} from './examples.ts'
import { Jwks, Login, PasswordChange, Refresh, Sessions, Tokens } from './model.ts'
import { AUTH } from './policy.ts'

const needs = 'database'
const tokens = {
  description: 'Tokens of the session.',
  shape: Tokens,
  example: someTokens,
  headers: ['Cache-Control'],
} as const

export const login = documented({
  id: 'login',
  rule: OPEN,
  tag: 'auth',
  needs,
  limit: 'login',
  summary: 'Sign in',
  description:
    'By e-mail address and password. The answer is the same, and takes as long, whether there is such an account or not. Repeated failures make the next attempt wait, up to five minutes, for the account and for the network that they come from; who has signed in from the same network before is not slowed down by strangers elsewhere.',
  body: { shape: Login, examples: logins },
  answers: { 200: tokens },
  errors: ['invalid_credentials', 'sign_in_slowed', 'sign_in_busy'],
})

export const refresh = documented({
  id: 'refreshSession',
  rule: OPEN,
  tag: 'auth',
  needs,
  summary: 'Stay signed in',
  description:
    'Exchanges a refresh token for an access token and the next refresh token. Within a minute the same token is answered with the same successor again, as long as that was not used, so that a lost answer loses nobody their session. A token that comes again after that was copied: its session ends.',
  body: { shape: Refresh, examples: refreshes },
  answers: { 200: tokens },
  errors: ['invalid_token'],
})

export const logout = documented({
  id: 'logout',
  rule: AUTH.logout,
  tag: 'auth',
  needs,
  summary: 'Sign out',
  description:
    'Ends the session that asks, on every instance within seconds. A token that belongs to no session, such as one of the identity provider, is answered the same.',
  answers: { 204: { description: 'The session is over.' } },
  errors: ['forbidden'],
})

export const changePassword = documented({
  id: 'changePassword',
  rule: AUTH.changePassword,
  tag: 'me',
  needs,
  limit: 'login',
  summary: 'Change one’s password',
  description: 'Needs the current one, and ends every other session of the caller.',
  body: { shape: PasswordChange, examples: passwordChanges },
  answers: { 204: { description: 'The new password holds.' } },
  errors: ['invalid_credentials', 'sign_in_slowed', 'sign_in_busy', 'forbidden'],
})

export const listSessions = documented({
  id: 'listSessions',
  rule: AUTH.listSessions,
  tag: 'me',
  needs,
  summary: 'List one’s sessions',
  description: 'Every place where the caller is signed in, the latest first.',
  answers: {
    200: {
      description: 'The sessions.',
      shape: Sessions,
      example: someSessions,
      headers: ['Cache-Control'],
    },
  },
  errors: ['forbidden'],
})

export const endSession = documented({
  id: 'endSession',
  rule: AUTH.endSession,
  tag: 'me',
  needs,
  summary: 'End a session',
  description: 'Its tokens are good for nothing, on every instance within seconds.',
  path: { id: 'Id of the session.' },
  answers: { 204: { description: 'The session is over.' } },
  errors: ['session_not_found', 'forbidden'],
})

export const endSessions = documented({
  id: 'endOtherSessions',
  rule: AUTH.endSession,
  tag: 'me',
  needs,
  summary: 'End every other session',
  description: 'All of the caller’s but the one that asks.',
  answers: { 204: { description: 'The other sessions are over.' } },
  errors: ['forbidden'],
})

export const readJwks = documented({
  id: 'getJwks',
  rule: OPEN,
  tag: 'auth',
  summary: 'Read the public keys',
  description:
    'What access tokens are verified by (RFC 7517). A next key stands here before it signs, and the one before until its last token has expired, so that an answer may be kept for as long as `Cache-Control` says.',
  answers: {
    200: {
      description: 'The keys.',
      shape: Jwks,
      example: jwks,
      headers: ['ETag', 'Cache-Control'],
    },
  },
})
