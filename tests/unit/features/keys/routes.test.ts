// What only HTTP adds to keys: headers, and what is refused before the service is asked.

import { expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import { keyRoutes } from '#features/keys/index.ts'
import { aKey, aNewKey } from '#features/keys/examples.ts'
import { httpOver, jsonBody } from '../../../support/http.ts'

const id = newId()
const given = { name: 'Import', scopes: ['tasks:read'] }
const post = (value: unknown, headers: Record<string, string> = {}): RequestInit => {
  const { headers: own, ...body } = jsonBody(value)
  return { method: 'POST', ...body, headers: { ...(own as Record<string, string>), ...headers } }
}

test.each([
  ['making a key', '/api/v1/keys', given],
  ['rotating one', `/api/v1/keys/${id}/rotate`, {}],
])('%s takes no Idempotency-Key, since a secret must not be kept', async (_, path, body) => {
  const { http, asked } = setup()
  const answer = await http(path, post(body, { 'idempotency-key': 'again' }))
  expect(answer.status).toBe(400)
  expect(((await answer.json()) as { code: string }).code).toBe('invalid_header')
  expect(asked).toEqual([])
})

test('no answer that shows a key may be kept by anybody on the way', async () => {
  const { http } = setup()
  const made = await http('/api/v1/keys', post(given))
  const rotated = await http(`/api/v1/keys/${id}/rotate`, post({}))
  const read = await http(`/api/v1/keys/${id}`)
  expect([made.status, rotated.status, read.status]).toEqual([201, 200, 200])
  for (const answer of [made, rotated, read]) {
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('etag')).toBeNull()
  }
  expect(made.headers.get('location')).toBe(`/api/v1/keys/${aNewKey.id}`)
})

test.each([
  ['no scope at all', { name: 'x', scopes: [] }, '/scopes'],
  ['a scope twice', { name: 'x', scopes: ['tasks:read', 'tasks:read'] }, '/scopes'],
  ['a scope that there is not', { name: 'x', scopes: ['everything'] }, '/scopes'],
  ['all as a word', { name: 'x', scopes: 'all' }, '/scopes'],
  ['no name', { scopes: ['tasks:read'] }, '/name'],
  ['a prefix of one’s own', { ...given, prefix: 'zerg_key_mine' }, '/prefix'],
  ['a hash of one’s own', { ...given, hash: 'x' }, '/hash'],
  ['a key that is revoked already', { ...given, revoked_at: null }, '/revoked_at'],
  ['an end that is no time', { ...given, expires_at: 'soon' }, '/expires_at'],
  ['a user that is no id', { ...given, user_id: 'ada' }, '/user_id'],
])('%s is refused by name', async (_, body, pointer) => {
  const { http, asked } = setup()
  const answer = await http('/api/v1/keys', post(body))
  expect(answer.status).toBe(422)
  const { errors } = (await answer.json()) as { errors: { pointer: string }[] }
  expect(errors.map(error => error.pointer)).toEqual([pointer])
  expect(asked).toEqual([])
})

test('If-Match and a version in the body both say which version is meant', async () => {
  const { http, asked } = setup()
  await http(`/api/v1/keys/${id}`, { method: 'DELETE', headers: { 'if-match': '"3"' } })
  await http(`/api/v1/keys/${id}/rotate`, post({ version: 2 }))
  await http(`/api/v1/keys/${id}/rotate`, post({ overlap_s: 60 }, { 'if-match': '"4"' }))
  expect(asked).toEqual([
    ['revoke', 3],
    ['rotate', { version: 2 }],
    ['rotate', { overlap_s: 60, version: 4 }],
  ])
})

function setup() {
  const asked: [string, unknown][] = []
  const note = <T>(name: string, given: unknown, answer: T) => {
    asked.push([name, given])
    return Promise.resolve(answer)
  }
  const keys = {
    create: async (_: unknown, given: unknown) => await note('create', given, aNewKey),
    get: async () => aKey,
    list: async () => ({ data: [aKey], next_cursor: null }),
    change: async (_: unknown, __: string, given: unknown) => await note('change', given, aKey),
    rotate: async (_: unknown, __: string, given: unknown) => await note('rotate', given, aNewKey),
    revoke: async (_: unknown, __: string, version?: number) =>
      await note('revoke', version, undefined),
  }
  return { http: httpOver(keyRoutes({ keys })), asked }
}
