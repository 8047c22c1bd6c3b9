// What the API document says about each route of API keys.

import { documented } from '#transport/http/docs/documented.ts'
import { aKey, aNewKey, aPage, aRotatedKey, keyChanges, newKeys, rotations } from './examples.ts'
import {
  ApiKey,
  ApiKeyChange,
  ApiKeyPage,
  ApiKeyQuery,
  NewApiKey,
  NewSecret,
  Rotation,
} from './model.ts'
import { KEYS } from './policy.ts'

const tag = 'keys'
const needs = 'database'
const path = { id: 'Id of the key.' }

export const listKeys = documented({
  id: 'listApiKeys',
  rule: KEYS.list,
  tag,
  needs,
  summary: 'List API keys',
  description:
    'The caller’s own; administrators and auditors see everybody’s. Revoked ones are listed too. Secrets are never shown again.',
  query: ApiKeyQuery,
  answers: {
    200: {
      description: 'One page of keys.',
      shape: ApiKeyPage,
      example: aPage,
      headers: ['ETag', 'Link', 'Cache-Control'],
    },
  },
})

export const createKey = documented({
  id: 'createApiKey',
  rule: KEYS.create,
  tag,
  needs,
  summary: 'Create an API key',
  description:
    'The answer holds the secret, this once. A key acts for its user, with the roles that the user has and no more than its scopes. Nobody gives a key more than they have: a key makes others only within its own scopes and its own time. Only administrators make keys for other users.',
  body: { shape: NewApiKey, examples: newKeys },
  answers: {
    201: {
      description: 'The key, and its secret.',
      shape: NewSecret,
      example: aNewKey,
      headers: ['Location', 'Cache-Control'],
    },
  },
  errors: ['forbidden', 'reference_not_found'],
})

export const getKey = documented({
  id: 'getApiKey',
  rule: KEYS.read,
  tag,
  needs,
  summary: 'Read an API key',
  description: 'Without its secret, which nobody has any more.',
  path,
  answers: {
    200: { description: 'The key.', shape: ApiKey, example: aKey, headers: ['Cache-Control'] },
  },
  errors: ['key_not_found'],
})

export const changeKey = documented({
  id: 'changeApiKey',
  rule: KEYS.change,
  tag,
  needs,
  summary: 'Change an API key',
  description:
    'A merge patch (RFC 7396). Every instance follows within seconds. With `If-Match`, or `version` in the body, the change is made only while the key has that version.',
  path,
  body: { shape: ApiKeyChange, examples: keyChanges },
  answers: {
    200: { description: 'The key as it is now.', shape: ApiKey, example: aKey },
  },
  errors: ['key_not_found', 'key_revoked', 'version_mismatch', 'forbidden'],
})

export const rotateKey = documented({
  id: 'rotateApiKey',
  rule: KEYS.rotate,
  tag,
  needs,
  summary: 'Give an API key a new secret',
  description:
    'The answer holds the new secret, this once. The one before works on for `overlap_s` seconds, so that whoever uses it can change over; the one before that ends at once. The id stays, and so do name, scopes and end.',
  path,
  body: { shape: Rotation, examples: rotations },
  answers: {
    200: {
      description: 'The key, and its new secret.',
      shape: NewSecret,
      example: aRotatedKey,
      headers: ['Cache-Control'],
    },
  },
  errors: ['key_not_found', 'key_revoked', 'version_mismatch', 'forbidden'],
})

export const revokeKey = documented({
  id: 'revokeApiKey',
  rule: KEYS.revoke,
  tag,
  needs,
  summary: 'Revoke an API key',
  description:
    'For good, and within seconds on every instance. The key stays listed, with `revoked_at`. Revoking it again changes nothing.',
  path,
  answers: { 204: { description: 'The key is good for nothing any more.' } },
  errors: ['key_not_found', 'version_mismatch', 'forbidden'],
})
