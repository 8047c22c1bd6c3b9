// API keys on every database that Zerg supports.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { pino } from 'pino'
import { OPERATOR } from '#lib/caller.ts'
import { isAppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import { newToken } from '#lib/secret-token.ts'
import { openKeys } from '#features/keys/index.ts'
import { callBy, databases, type OpenedDatabase } from '../../support/databases.ts'
import { rejection } from '../../support/eventually.ts'
import { giveKey, giveUser, keyIdentity, userIdentity } from '../../support/identity.ts'

const HOUR_MS = 3_600_000
const soon = () => new Date(Date.now() + HOUR_MS).toISOString()
const signal = () => AbortSignal.timeout(10_000)

describe.each(databases)('keys on $name', ({ open }) => {
  let opened: OpenedDatabase
  let setup: ReturnType<typeof setUp>
  beforeAll(async () => {
    opened = await open()
    setup = setUp(opened)
  })
  afterAll(() => opened.close())

  const codeOf = async (promise: Promise<unknown>) => {
    const error = await rejection(promise)
    if (!isAppError(error)) throw error
    return error.code
  }
  const authenticate = async (token: string) =>
    await setup.open.authenticate(token, { signal: signal() })
  const someone = async (roles: Parameters<typeof userIdentity>[1] = ['user']) => {
    const userId = await giveUser(opened.database, { roles })
    return { userId, call: callBy(userIdentity(userId, roles)) }
  }

  test.each([
    ['one that nobody made', () => newToken('key')],
    ['one whose checksum does not fit', () => `${newToken('key').slice(0, -1)}!`],
    ['one of the operator', () => newToken('op')],
  ])('%s is no key', async (_, token) => {
    expect(await codeOf((async () => await authenticate(token()))())).toBe('invalid_token')
  })

  test('a key of a disabled user is good for nothing', async () => {
    const userId = await giveUser(opened.database, { isActive: false })
    const { token } = await giveKey(opened.database, { userId })
    expect(await codeOf(authenticate(token))).toBe('invalid_token')
  })

  test('a key past its end says so', async () => {
    const { token } = await giveKey(opened.database, { expiresAt: '2020-01-01T00:00:00Z' })
    expect(await codeOf(authenticate(token))).toBe('token_expired')
  })

  test('a key acts for its user, with their roles and its own scopes', async () => {
    const { userId, call } = await someone(['user', 'auditor'])
    const made = await setup.keys.create(call, { name: 'Import', scopes: ['tasks:read'] })
    expect(await authenticate(made.secret)).toEqual({
      kind: 'key',
      id: made.id,
      userId,
      roles: ['user', 'auditor'],
      scopes: ['tasks:read'],
      sessionId: null,
    })
  })

  test('the secret is shown once, and is nowhere in the database', async () => {
    const { call } = await someone()
    const made = await setup.keys.create(call, { name: 'Once', scopes: ['tasks:read'] })
    const { secret, ...rest } = made
    expect(secret.startsWith(made.prefix)).toBe(true)
    expect(await setup.keys.get(call, made.id)).toEqual(rest)
    const [row] = await opened.database
      .on(signal())
      .run(
        sql =>
          sql<{ row: string }[]>`select api_keys::text as row from api_keys where id = ${made.id}`,
      )
    expect(row!.row).not.toContain(secret.slice(made.prefix.length))
    const [entry] = await opened.database.on(signal()).run(
      sql => sql<{ row: string }[]>`
          select audit_entries::text as row from audit_entries where subject_id = ${made.id}`,
    )
    expect(entry!.row).toContain('keys.create')
    expect(entry!.row).not.toContain(secret.slice(made.prefix.length))
  })

  test('what is not one’s own is not there, whatever one tries', async () => {
    const { keyId } = await giveKey(opened.database)
    const { call } = await someone()
    const { keys } = setup
    expect(await codeOf(keys.get(call, keyId))).toBe('key_not_found')
    expect(await codeOf(keys.change(call, keyId, { name: 'Mine' }))).toBe('key_not_found')
    expect(await codeOf(keys.rotate(call, keyId, {}))).toBe('key_not_found')
    expect(await codeOf(keys.revoke(call, keyId))).toBe('key_not_found')
    expect((await keys.list(call, {})).data).toEqual([])
  })

  test('an auditor sees every key and changes none but their own', async () => {
    const { keyId } = await giveKey(opened.database)
    const { call } = await someone(['auditor'])
    const { keys } = setup
    expect((await keys.get(call, keyId)).id).toBe(keyId)
    expect(await codeOf(keys.rotate(call, keyId, {}))).toBe('forbidden')
    expect(await codeOf(keys.revoke(call, keyId))).toBe('forbidden')
    const own = await keys.create(call, { name: 'Own', scopes: ['audit:read'] })
    await keys.revoke(call, own.id)
    expect((await keys.get(call, own.id)).revoked_at).not.toBeNull()
  })

  test('only an administrator makes keys for others, and only for users there are', async () => {
    const { userId: other } = await someone()
    const given = { name: 'Theirs', scopes: ['tasks:read'] as ['tasks:read'], user_id: other }
    const [user, auditor, admin] = [
      await someone(),
      await someone(['auditor']),
      await someone(['admin']),
    ]
    expect(await codeOf(setup.keys.create(user.call, given))).toBe('forbidden')
    expect(await codeOf(setup.keys.create(auditor.call, given))).toBe('forbidden')
    expect((await setup.keys.create(admin.call, given)).user_id).toBe(other)
    const nobody = { ...given, user_id: newId() }
    expect(await codeOf(setup.keys.create(admin.call, nobody))).toBe('reference_not_found')
    // Whether there is such a user is nobody else's business.
    expect(await codeOf(setup.keys.create(user.call, nobody))).toBe('forbidden')
    const operator = callBy(OPERATOR)
    expect(await codeOf(setup.keys.create(operator, { ...given, user_id: undefined! }))).toBe(
      'validation_failed',
    )
  })

  test('a key gives no key more than it has: neither scopes nor time', async () => {
    const endsAt = soon()
    const scopes = ['keys:read', 'keys:write', 'tasks:read'] as const
    const given = await giveKey(opened.database, { scopes, expiresAt: endsAt })
    const call = callBy(keyIdentity(given, { scopes }))
    const { keys } = setup
    expect(await codeOf(keys.create(call, { name: 'More', scopes: ['tasks:write'] }))).toBe(
      'forbidden',
    )
    const later = new Date(Date.now() + 2 * HOUR_MS).toISOString()
    const beyond = [
      { name: 'Later', scopes: ['tasks:read' as const], expires_at: later },
      { name: 'Endless', scopes: ['tasks:read' as const], expires_at: null },
    ]
    for (const wanted of beyond) expect(await codeOf(keys.create(call, wanted))).toBe('forbidden')
    expect(await codeOf(keys.change(call, given.keyId, { expires_at: null }))).toBe('forbidden')
    expect(await codeOf(keys.change(call, given.keyId, { scopes: ['users:write'] }))).toBe(
      'forbidden',
    )
    const endless = await giveKey(opened.database, { userId: given.userId })
    expect(await codeOf(keys.rotate(call, endless.keyId, {}))).toBe('forbidden')
    const made = await keys.create(call, { name: 'Less', scopes: ['tasks:read'] })
    expect(made.expires_at).toBe(endsAt)
  })

  test('an end in the past, and an overlap beyond the setting, are refused', async () => {
    const { call } = await someone()
    const { keys } = setup
    const past = '2020-01-01T00:00:00Z'
    expect(
      await codeOf(keys.create(call, { name: 'Late', scopes: ['tasks:read'], expires_at: past })),
    ).toBe('validation_failed')
    const { id } = await keys.create(call, { name: 'Now', scopes: ['tasks:read'] })
    expect(await codeOf(keys.change(call, id, { expires_at: past }))).toBe('validation_failed')
    expect(await codeOf(keys.rotate(call, id, { overlap_s: 3_601 }))).toBe('validation_failed')
  })

  test('after a rotation both secrets work, after the next one only the last two', async () => {
    const { call } = await someone()
    const first = await setup.keys.create(call, { name: 'Rotated', scopes: ['tasks:read'] })
    const second = await setup.keys.rotate(call, first.id, { overlap_s: 60 })
    expect(second).toMatchObject({ id: first.id, version: 2, overlap_until: expect.any(String) })
    expect((await authenticate(first.secret)).id).toBe(first.id)
    expect((await authenticate(second.secret)).id).toBe(first.id)
    const third = await setup.keys.rotate(call, first.id, { overlap_s: 60 })
    expect(await codeOf(authenticate(first.secret))).toBe('invalid_token')
    expect((await authenticate(second.secret)).id).toBe(first.id)
    const fourth = await setup.keys.rotate(call, first.id, { overlap_s: 0 })
    expect(await codeOf(authenticate(third.secret))).toBe('invalid_token')
    expect((await authenticate(fourth.secret)).id).toBe(first.id)
    expect(fourth.overlap_until).toBeNull()
  })

  test('a revoked key is so for good, with both of its secrets', async () => {
    const { call } = await someone()
    const first = await setup.keys.create(call, { name: 'Leaked', scopes: ['tasks:read'] })
    const second = await setup.keys.rotate(call, first.id, { overlap_s: 60 })
    await setup.keys.revoke(call, first.id)
    for (const { secret } of [first, second])
      expect(await codeOf(authenticate(secret))).toBe('invalid_token')
    expect(await codeOf(setup.keys.rotate(call, first.id, {}))).toBe('key_revoked')
    expect(await codeOf(setup.keys.change(call, first.id, { name: 'Back' }))).toBe('key_revoked')
    const { revoked_at, version } = await setup.keys.get(call, first.id)
    await setup.keys.revoke(call, first.id)
    expect(await setup.keys.get(call, first.id)).toMatchObject({ revoked_at, version })
  })

  test('of rotations at the same time each gives another secret, and the last two are good', async () => {
    const { call } = await someone()
    const made = await setup.keys.create(call, { name: 'Contended', scopes: ['tasks:read'] })
    const rotated = await Promise.all(
      Array.from({ length: 8 }, () => setup.keys.rotate(call, made.id, { overlap_s: 60 })),
    )
    const versions = rotated.map(({ version }) => version).toSorted((a, b) => a - b)
    expect(versions).toEqual([2, 3, 4, 5, 6, 7, 8, 9])
    const good: number[] = []
    for (const { secret, version } of rotated)
      await authenticate(secret).then(
        () => good.push(version),
        () => undefined,
      )
    expect(good.toSorted((a, b) => a - b)).toEqual([8, 9])
  })

  test('whatever happens beside it, a revocation stays', async () => {
    const { call } = await someone()
    const made = await setup.keys.create(call, { name: 'Ended', scopes: ['tasks:read'] })
    const outcomes = await Promise.allSettled([
      ...Array.from({ length: 4 }, () => setup.keys.rotate(call, made.id, { overlap_s: 60 })),
      setup.keys.revoke(call, made.id),
      ...Array.from({ length: 4 }, () => setup.keys.rotate(call, made.id, { overlap_s: 60 })),
    ])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(isAppError(outcome.reason, 'key_revoked')).toBe(true)
        continue
      }
      if (outcome.value)
        expect(await codeOf(authenticate(outcome.value.secret))).toBe('invalid_token')
    }
    expect((await setup.keys.get(call, made.id)).revoked_at).not.toBeNull()
  })

  test('of two changes meant for one version the second is refused', async () => {
    const { call } = await someone()
    const { id } = await setup.keys.create(call, { name: 'Versions', scopes: ['tasks:read'] })
    await setup.keys.change(call, id, { name: 'Changed', version: 1 })
    expect(await codeOf(setup.keys.change(call, id, { name: 'Lost', version: 1 }))).toBe(
      'version_mismatch',
    )
    expect(await codeOf(setup.keys.revoke(call, id, 1))).toBe('version_mismatch')
    expect((await setup.keys.get(call, id)).name).toBe('Changed')
  })

  test('every change but an empty one is told to all instances', async () => {
    const { call } = await someone()
    const { id } = await setup.keys.create(call, { name: 'Told', scopes: ['tasks:read'] })
    setup.told.length = 0
    await setup.keys.change(call, id, {})
    expect(setup.told).toEqual([])
    await setup.keys.change(call, id, { scopes: ['tasks:write'] })
    await setup.keys.rotate(call, id, {})
    await setup.keys.revoke(call, id)
    expect(setup.told).toEqual([id, id, id])
  })

  test('a list has each key once, however it is paged and filtered', async () => {
    const { userId, call } = await someone()
    const made: string[] = []
    for (let count = 0; count < 5; count++)
      made.push(
        (await setup.keys.create(call, { name: `Key ${count}`, scopes: ['tasks:read'] })).id,
      )
    await setup.keys.revoke(call, made[0]!)
    const listed: string[] = []
    let cursor: string | undefined
    do {
      const page = await setup.keys.list(call, {
        limit: 2,
        sort: 'created_at',
        ...(cursor && { cursor }),
      })
      listed.push(...page.data.map(({ id }) => id))
      cursor = page.next_cursor ?? undefined
    } while (cursor)
    expect(listed).toEqual(made)
    const living = await setup.keys.list(call, { revoked: false })
    expect(living.data.map(({ id }) => id)).toEqual(made.slice(1).toReversed())
    const admin = await someone(['admin'])
    expect((await setup.keys.list(admin.call, { user_id: userId })).data).toHaveLength(5)
    // Another's keys are not listed by asking for them.
    const { userId: other } = await giveKey(opened.database)
    expect((await setup.keys.list(call, { user_id: other })).data).toEqual([])
  })

  test('when a key was last used is written for all at once, and never goes back', async () => {
    const { call } = await someone()
    const { id, secret } = await setup.keys.create(call, { name: 'Used', scopes: ['tasks:read'] })
    const other = await giveKey(opened.database)
    await authenticate(secret)
    await authenticate(other.token)
    const { version } = await setup.keys.get(call, id)
    await setup.open.resource.close()
    const used = await setup.keys.get(call, id)
    expect(Date.now() - Date.parse(used.last_used_at!)).toBeLessThan(60_000)
    expect(used.version).toBe(version)
  })
})

function setUp({ database }: OpenedDatabase) {
  const told: string[] = []
  const open = openKeys({
    database,
    revocations: {
      onRevoked: () => undefined,
      isFollowing: () => false,
      tell: async (_, __, id) => void told.push(id),
    },
    overlapMaxMs: HOUR_MS,
    log: pino({ level: 'silent' }),
    mint: async () => 'minted',
  })
  return { open, keys: open.keys, told }
}
