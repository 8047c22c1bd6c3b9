// Tokens for scripts: who may mint which, what they are good for, and that they end with what they
// came from. Through the whole pipeline, as a client would.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { pino } from 'pino'
import { OPERATOR, type Role } from '#lib/caller.ts'
import { isAppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import { SCOPES, type Scope } from '#lib/scope.ts'
import { openAuth } from '#features/auth/index.ts'
import { openKeys } from '#features/keys/index.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { createLocalBus } from '#platform/redis/bus.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import { SETTINGS } from '../../support/auth-instances.ts'
import { callBy, type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { giveKey, giveUser, keyIdentity, userIdentity } from '../../support/identity.ts'

let opened: OpenedDatabase
let setup: Awaited<ReturnType<typeof setUp>>
beforeAll(async () => {
  opened = await openPostgres()
  setup = await setUp(opened)
})
afterAll(async () => {
  await setup.close()
  await opened.close()
})

const identify = async (token: string) =>
  await setup.auth.authenticate(token, { signal: AbortSignal.timeout(5_000) })

const codeOf = async (promise: Promise<unknown>) => {
  const error = await rejection(promise)
  if (!isAppError(error)) throw error
  return error.code
}

async function someone(roles: readonly Role[] = ['user']) {
  const userId = await giveUser(opened.database, { roles })
  return { userId, call: callBy(userIdentity(userId, roles)) }
}

async function key(scopes: readonly Scope[] = SCOPES, expiresAt?: string) {
  const given = await giveKey(opened.database, { scopes, ...(expiresAt && { expiresAt }) })
  return { ...given, call: callBy(keyIdentity(given, { scopes })) }
}

test('a token has all that its user has but the making of keys, and belongs to no session', async () => {
  const { userId, call } = await someone(['auditor'])
  const minted = await setup.tokens.create(call, {})
  expect(minted).toMatchObject({ token_type: 'Bearer', expires_in: 900, user_id: userId })
  const identity = await identify(minted.access_token)
  expect(identity).toMatchObject({ kind: 'user', id: userId, userId, sessionId: null })
  expect(identity.roles).toEqual(['auditor'])
  expect(identity.scopes).toEqual(SCOPES.filter(scope => scope !== 'keys:write'))
})

test('one that a key minted is the key, within the scopes of both', async () => {
  const { keyId, userId, call } = await key(['keys:write', 'tasks:read', 'tasks:write'])
  const { access_token } = await setup.tokens.create(call, { scopes: ['tasks:read'] })
  expect(await identify(access_token)).toMatchObject({ kind: 'key', id: keyId, userId })
  expect((await identify(access_token)).scopes).toEqual(['tasks:read'])
  // Narrowing the key narrows what it has minted.
  await setup.keys.change(call, keyId, { scopes: ['tasks:write'] })
  await eventually(async () => expect((await identify(access_token)).scopes).toEqual([]))
})

test('one that a key minted ends with the key', async () => {
  const { keyId, call } = await key()
  const { access_token } = await setup.tokens.create(call, {})
  expect((await identify(access_token)).id).toBe(keyId)
  await setup.keys.revoke(call, keyId)
  await eventually(async () => expect(await codeOf(identify(access_token))).toBe('invalid_token'))
})

test('no token outlasts the key that mints it, and none an hour', async () => {
  const { call } = await key(SCOPES, new Date(Date.now() + 60_000).toISOString())
  const minted = await setup.tokens.create(call, { expires_in_s: 3_600 })
  expect(minted.expires_in).toBeLessThanOrEqual(60)
  const { payload } = partsOf(minted.access_token)
  expect(payload['exp']! - payload['iat']!).toBeLessThanOrEqual(61)
})

test('a token is no key to the making of keys or of tokens', async () => {
  const { call } = await someone(['admin'])
  expect(await codeOf(setup.tokens.create(call, { scopes: ['keys:write'] }))).toBe(
    'validation_failed',
  )
  const { access_token } = await setup.tokens.create(call, {})
  const again = callBy(await identify(access_token))
  expect(await codeOf(setup.tokens.create(again, {}))).toBe('forbidden')
  expect(await codeOf(setup.keys.create(again, { name: 'More', scopes: ['tasks:read'] }))).toBe(
    'forbidden',
  )
})

test('nobody mints what they lack', async () => {
  const { call } = await key(['keys:write', 'tasks:read'])
  expect(await codeOf(setup.tokens.create(call, { scopes: ['tasks:write'] }))).toBe('forbidden')
  const only = await key(['keys:write'])
  expect(await codeOf(setup.tokens.create(only.call, {}))).toBe('validation_failed')
})

test('for others only people who administrate mint, and the operator, for active users', async () => {
  const { userId } = await someone()
  const [user, auditor, admin] = [
    await someone(),
    await someone(['auditor']),
    await someone(['admin']),
  ]
  for (const { call } of [user, auditor])
    expect(await codeOf(setup.tokens.create(call, { user_id: userId }))).toBe('forbidden')
  const ofAdmin = await giveKey(opened.database, { userId: admin.userId })
  const byKey = callBy(keyIdentity(ofAdmin, { roles: ['admin'] }))
  expect(await codeOf(setup.tokens.create(byKey, { user_id: userId }))).toBe('forbidden')
  for (const call of [admin.call, callBy(OPERATOR)]) {
    const { access_token } = await setup.tokens.create(call, { user_id: userId })
    expect(await identify(access_token)).toMatchObject({ userId, roles: ['user'] })
  }
  expect(await codeOf(setup.tokens.create(callBy(OPERATOR), {}))).toBe('validation_failed')
  const disabled = await giveUser(opened.database, { isActive: false })
  for (const user_id of [disabled, newId()])
    expect(await codeOf(setup.tokens.create(admin.call, { user_id }))).toBe('reference_not_found')
})

test('a minted token leaves an entry, and is not in it', async () => {
  const { userId, call } = await someone()
  const { access_token } = await setup.tokens.create(call, { scopes: ['tasks:read'] })
  const [entry] = await opened.database.on(AbortSignal.timeout(5_000)).run(
    sql => sql<{ row: string }[]>`
      select audit_entries::text as row from audit_entries
      where subject_id = ${userId} and action = 'tokens.create'`,
  )
  expect(entry!.row).toContain('tasks:read')
  expect(entry!.row).not.toContain(access_token.split('.')[2]!)
})

test('a token with its key or its scope exchanged is refused', async () => {
  const { call } = await key(['keys:write', 'tasks:read'])
  const { access_token } = await setup.tokens.create(call, {})
  const { head, payload, signature } = partsOf(access_token)
  const changes = [
    { key: newId() },
    { key: undefined },
    { scope: SCOPES.join(' ') },
    { scope: undefined },
  ]
  for (const change of changes) {
    const body = Buffer.from(JSON.stringify({ ...payload, ...change })).toString('base64url')
    expect(await codeOf(identify(`${head}.${body}.${signature}`))).toBe('invalid_token')
  }
})

function partsOf(token: string) {
  const [head = '', body = '', signature = ''] = token.split('.')
  const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, number>
  return { head, payload, signature }
}

async function setUp({ database }: OpenedDatabase) {
  const log = pino({ level: 'silent' })
  const auth = openAuth({
    database,
    bus: createLocalBus({ log }),
    secrets: createSecrets({ secret: 'a secret of more than thirty-two letters' }),
    log,
    metrics: createMetrics(),
    refusals: { note: () => undefined },
    settings: SETTINGS,
    provider: undefined,
    scopesOfKey: (of, signal) => open.scopesOf(of, signal),
  })
  const open = openKeys({
    database,
    revocations: auth.revocations,
    overlapMaxMs: 0,
    log,
    mint: token => auth.mint({ ...token, sessionId: null }),
  })
  const living = await auth.resource.start(AbortSignal.timeout(10_000))
  return { auth, keys: open.keys, tokens: open.tokens, close: () => living.close() }
}
