// What one instance ends, the others stop letting in: by the table alone, without any bus between them.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { pino } from 'pino'
import { openAuth } from '#features/auth/index.ts'
import { openKeys } from '#features/keys/index.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { createLocalBus } from '#platform/redis/bus.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import { SETTINGS } from '../../support/auth-instances.ts'
import { callBy, type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { giveUser, userIdentity } from '../../support/identity.ts'

const WITHIN_MS = 5_000

let opened: OpenedDatabase
let one: Awaited<ReturnType<typeof openInstance>>
let other: Awaited<ReturnType<typeof openInstance>>
beforeEach(async () => {
  opened = await openPostgres()
  one = await openInstance(opened)
  other = await openInstance(opened)
})
afterEach(async () => {
  await one.close()
  await other.close()
  await opened.close()
})

test('a key that is revoked, or rotated without an overlap, is refused everywhere within seconds', async () => {
  const { call } = await someone()
  const given = { name: 'Shared', scopes: ['tasks:read'] as ['tasks:read'] }
  const revoked = await one.keys.create(call, given)
  const rotated = await one.keys.create(call, given)
  // Looked up, and known from here on.
  for (const { secret, id } of [revoked, rotated]) {
    expect((await other.identify(secret)).id).toBe(id)
    expect(other.authenticate(secret)).not.toBeInstanceOf(Promise)
  }
  await one.keys.revoke(call, revoked.id)
  const { secret } = await one.keys.rotate(call, rotated.id, { overlap_s: 0 })
  for (const old of [revoked.secret, rotated.secret])
    await eventually(async () => expect(await rejection(other.identify(old))).toBeDefined(), {
      withinMs: WITHIN_MS,
    })
  expect((await other.identify(secret)).id).toBe(rotated.id)
}, 20_000)

test('a key that is narrowed is narrow everywhere within seconds', async () => {
  const { call } = await someone()
  const made = await one.keys.create(call, { name: 'Wide', scopes: ['tasks:read', 'tasks:write'] })
  expect((await other.identify(made.secret)).scopes).toHaveLength(2)
  await one.keys.change(call, made.id, { scopes: ['tasks:read'] })
  await eventually(
    async () => expect((await other.identify(made.secret)).scopes).toEqual(['tasks:read']),
    { withinMs: WITHIN_MS },
  )
}, 20_000)

async function someone() {
  const userId = await giveUser(opened.database)
  return { userId, call: callBy(userIdentity(userId)) }
}

async function openInstance({ database }: OpenedDatabase) {
  const log = pino({ level: 'silent' })
  const auth = openAuth({
    database,
    // Of its own: nothing is heard but what the table says.
    bus: createLocalBus({ log }),
    secrets: createSecrets({ secret: 'a secret of more than thirty-two letters' }),
    log,
    metrics: createMetrics(),
    refusals: { note: () => undefined },
    settings: SETTINGS,
    provider: undefined,
    scopesOfKey: async () => undefined,
  })
  const { keys, authenticate, resource } = openKeys({
    database,
    revocations: auth.revocations,
    overlapMaxMs: 60_000,
    log,
    mint: async () => '',
  })
  const living = await auth.resource.start(AbortSignal.timeout(10_000))
  const show = (token: string) => authenticate(token, { signal: AbortSignal.timeout(5_000) })
  return {
    keys,
    authenticate: show,
    identify: async (token: string) => await show(token),
    close: async () => {
      await resource.close()
      await living.close()
    },
  }
}
