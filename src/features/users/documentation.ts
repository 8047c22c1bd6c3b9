// What the API document says about each route of users.

import { OPEN } from '#transport/http/access.ts'
import { documented } from '#transport/http/docs/documented.ts'
import {
  aCreatedUser,
  aDisabledUser,
  aPage,
  aUser,
  newUsers,
  registrations,
  selfChanges,
  userChanges,
} from './examples.ts'
import {
  NewUser,
  Registration,
  SelfChange,
  User,
  UserChange,
  UserPage,
  UserQuery,
} from './model.ts'
import { USERS } from './policy.ts'

const needs = 'database'
const path = { id: 'Id of the user.' }
const changed = {
  description: 'The user as they are now.',
  shape: User,
  example: aUser,
  headers: ['ETag'],
} as const

export const listUsers = documented({
  id: 'listUsers',
  rule: USERS.list,
  tag: 'users',
  needs,
  summary: 'List users',
  description:
    'Administrators and auditors see everybody, everybody else themselves. Conditions are combined. Pages are followed by `next_cursor` or the `Link` header; the order is total.',
  query: UserQuery,
  answers: {
    200: {
      description: 'One page of users.',
      shape: UserPage,
      example: aPage,
      headers: ['ETag', 'Link', 'Cache-Control'],
    },
  },
})

export const createUser = documented({
  id: 'createUser',
  rule: USERS.create,
  tag: 'users',
  needs,
  limit: 'expensive',
  idempotency: 'kept',
  summary: 'Create a user',
  description:
    'With an address and a password it is somebody who can sign in; without them it is a service, which acts by API keys. A key creates no administrators and no auditors.',
  body: { shape: NewUser, examples: newUsers },
  answers: {
    201: {
      description: 'The user who was created.',
      shape: User,
      example: aCreatedUser,
      headers: ['ETag', 'Location'],
    },
  },
  errors: ['email_taken', 'forbidden', 'sign_in_busy'],
})

export const getUser = documented({
  id: 'getUser',
  rule: USERS.read,
  tag: 'users',
  needs,
  summary: 'Read a user',
  description: 'Answers the user, and their version as `ETag`.',
  path,
  answers: {
    200: {
      description: 'The user.',
      shape: User,
      example: aUser,
      headers: ['ETag', 'Cache-Control'],
    },
  },
  errors: ['user_not_found'],
})

export const changeUser = documented({
  id: 'changeUser',
  rule: USERS.change,
  tag: 'users',
  needs,
  limit: 'expensive',
  summary: 'Change a user',
  description:
    'A merge patch (RFC 7396). A new password, or none (`null`), and disabling end every session of the user; all changes take effect on every instance within seconds. The last active administrator stays one, and no administrator takes that from themselves. With `If-Match`, or `version` in the body, the change is made only while the user has that version.',
  path,
  body: { shape: UserChange, examples: userChanges },
  answers: { 200: changed },
  errors: [
    'user_not_found',
    'email_taken',
    'last_admin',
    'version_mismatch',
    'forbidden',
    'sign_in_busy',
  ],
})

export const removeUser = documented({
  id: 'removeUser',
  rule: USERS.remove,
  tag: 'users',
  needs,
  summary: 'Remove a user',
  description:
    'A user to whom nothing belongs is removed. Where they own, are assigned or are a member of something, that stays as it is, and they are disabled instead. With `If-Match`, only while the user has that version.',
  path,
  answers: {
    200: {
      description: 'Something still belongs to the user, who is disabled now.',
      shape: User,
      example: aDisabledUser,
      headers: ['ETag'],
    },
    204: { description: 'The user is gone.' },
  },
  errors: ['user_not_found', 'last_admin', 'version_mismatch', 'forbidden'],
})

export const registerUser = documented({
  id: 'registerUser',
  rule: OPEN,
  tag: 'auth',
  needs,
  limit: 'login',
  summary: 'Open an account',
  description: 'For strangers, where `ZERG_REGISTRATION` is on. The new user signs in afterwards.',
  body: { shape: Registration, examples: registrations },
  answers: {
    201: {
      description: 'The user who was created.',
      shape: User,
      example: aCreatedUser,
      headers: ['ETag', 'Location'],
    },
  },
  errors: ['registration_closed', 'email_taken', 'sign_in_busy'],
})

export const getMe = documented({
  id: 'getMe',
  rule: USERS.readSelf,
  tag: 'me',
  needs,
  summary: 'Read oneself',
  description: 'The user who asks, or whom the key that asks acts for.',
  answers: {
    200: {
      description: 'The user.',
      shape: User,
      example: aUser,
      headers: ['ETag', 'Cache-Control'],
    },
  },
  errors: ['user_not_found', 'forbidden'],
})

export const changeMe = documented({
  id: 'changeMe',
  rule: USERS.changeSelf,
  tag: 'me',
  needs,
  summary: 'Change oneself',
  description: 'A merge patch (RFC 7396). Everything but the name is for administrators to change.',
  body: { shape: SelfChange, examples: selfChanges },
  answers: { 200: changed },
  errors: ['user_not_found', 'version_mismatch', 'forbidden'],
})
