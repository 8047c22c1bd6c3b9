// The keys that tokens are signed with: made once, kept sealed, rotated without a token being lost.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { OPERATOR } from '#lib/caller.ts'
import type { Database } from '#platform/postgres/database.ts'
import { openPostgres, type OpenedDatabase } from '../../support/databases.ts'
import { eventually } from '../../support/eventually.ts'
import {
  entriesOf,
  insertPerson,
  type Instance,
  type InstanceOptions,
  openInstance,
  SECRET,
} from '../../support/auth-instances.ts'

let opened: OpenedDatabase
let database: Database
const instances: Instance[] = []
beforeEach(async () => {
  opened = await openPostgres()
  database = opened.database
}, 60_000)
afterEach(async () => {
  await Promise.all(instances.splice(0).map(instance => instance.close()))
  await opened.close()
})

const open = async (options: InstanceOptions = {}) => {
  const instance = await openInstance(database, options)
  instances.push(instance)
  return instance
}
const signIn = async (instance: Instance) => {
  const { email } = await insertPerson(database)
  return (await instance.login(email)).body.access_token as string
}
const isGood = async (instance: Instance, token: string) =>
  (await instance.send('GET /api/v1/me', { token })).status === 200
const idsOf = ({ auth }: Instance) => auth.jwks().keys.map(({ kid }) => kid)
const signerOf = (token: string) => decodeProtectedHeader(token).kid
const rotate = ({ auth }: Instance, of?: { atOnce: boolean }) => auth.rotateSigning(operator(), of)

test('instances that start together on a new database make one key between them', async () => {
  const all = await Promise.all([open(), open(), open(), open()])
  expect(new Set(all.flatMap(idsOf)).size).toBe(1)
  expect(await isGood(all[1]!, await signIn(all[0]!))).toBe(true)
})

test('the key is in the database, and nothing there tells it', async () => {
  await open()
  const [row] = await run(database, 'select sealed from signing_keys')
  const sealed = Buffer.from((row as { sealed: Uint8Array }).sealed).toString('latin1')
  expect(sealed).not.toContain('"d"')
  expect(sealed).not.toContain('"x"')
})

test('the public keys are there for everybody, and say how long they may be kept', async () => {
  const zerg = await open()
  const { status, headers, body } = await zerg.send('GET /.well-known/jwks.json')
  expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=300'])
  expect(body.keys).toEqual([
    {
      kty: 'OKP',
      crv: 'Ed25519',
      x: body.keys[0].x,
      kid: idsOf(zerg)[0],
      use: 'sig',
      alg: 'EdDSA',
    },
  ])
  const again = await zerg.send('GET /.well-known/jwks.json', {
    headers: { 'if-none-match': headers.get('etag')! },
  })
  expect(again.status).toBe(304)
})

describe('a rotation', () => {
  test('publishes the next key on every instance before it signs, and makes one only', async () => {
    const [here, there] = [await open(), await open()]
    const [first] = idsOf(here)
    const next = await rotate(here)
    expect(await rotate(here)).toEqual(next)
    expect(Date.parse(next.signs_from)).toBeGreaterThan(Date.now() + 300_000)
    await eventually(() => expect(idsOf(there)).toEqual([first!, next.id]))
    expect(signerOf(await signIn(there))).toBe(first)
    const [entry] = await entriesOf(database, next.id)
    expect(entry).toMatchObject({ action: 'auth.rotate_signing_keys', outcome: 'done' })
  })

  test('lets the next sign when its time comes, while the one before still verifies', async () => {
    const [here, there] = [await open(), await open()]
    const old = await signIn(here)
    const next = await rotate(here)
    await run(
      database,
      `update signing_keys set signs_from = now(), verifies_until = null where id = '${next.id}'`,
    )
    await Promise.all([here, there].map(({ auth }) => auth.ready(AbortSignal.timeout(5_000))))
    const young = await signIn(here)
    expect(signerOf(young)).toBe(next.id)
    for (const instance of [here, there])
      expect([await isGood(instance, old), await isGood(instance, young)]).toEqual([true, true])
  })

  test('ends what the one before has signed once its time is over', async () => {
    const zerg = await open()
    const token = await signIn(zerg)
    await rotate(zerg)
    await run(
      database,
      `update signing_keys set
         verifies_until = case when signs_from > now() then null else now() - interval '1 second' end,
         signs_from = least(signs_from, now())`,
    )
    await zerg.auth.ready(AbortSignal.timeout(5_000))
    expect(await isGood(zerg, token)).toBe(false)
    expect(idsOf(zerg)).toHaveLength(1)
    expect(await isGood(zerg, await signIn(zerg))).toBe(true)
  })

  test('at once, for a key that somebody else has, ends everything that it has signed', async () => {
    const [here, there] = [await open(), await open()]
    const token = await signIn(here)
    const next = await rotate(here, { atOnce: true })
    expect(signerOf(await signIn(here))).toBe(next.id)
    await eventually(() => expect(idsOf(there)).toEqual([next.id]))
    const fresh = await open()
    expect(await isGood(fresh, token)).toBe(false)
  })

  test('is for administrators', async () => {
    const { auth } = await open()
    const caller = { ...operator().caller, kind: 'user' as const, roles: ['auditor' as const] }
    const error = await auth
      .rotateSigning({ ...operator(), caller })
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'forbidden' })
  })
})

describe('the master secret', () => {
  test('that is another one opens no keys, makes its own, and believes no other', async () => {
    const here = await open()
    const there = await open({ secret: 'another master secret for tests alone' })
    expect(await isGood(there, await signIn(there))).toBe(true)
    expect(await isGood(there, await signIn(here))).toBe(false)
  })

  test('that was changed opens what the one before has sealed', async () => {
    const here = await open()
    const there = await open({
      secret: 'another master secret for tests alone',
      secretPrevious: SECRET,
    })
    expect(idsOf(there)).toEqual(idsOf(here))
    expect(await isGood(there, await signIn(here))).toBe(true)
  })

  test('keeps a key out that somebody has put into the database', async () => {
    const zerg = await open()
    await run(
      database,
      `insert into signing_keys (id, signs_from, sealed)
       select 'planted', now(), sealed from signing_keys`,
    )
    await zerg.auth.ready(AbortSignal.timeout(5_000))
    expect(idsOf(zerg)).not.toContain('planted')
  })
})

describe('a key from the settings', () => {
  const pem = () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

  test('signs, and is verified by instances that were not given it, and after it was replaced', async () => {
    const [signingKey, other] = [pem(), pem()]
    const plain = await open()
    const given = await open({ settings: { signingKey } })
    const token = await signIn(given)
    expect(await isGood(plain, token)).toBe(true)
    const replaced = await open({ settings: { signingKey: other } })
    expect(await isGood(replaced, token)).toBe(true)
    const [row] = await run(
      database,
      `select count(*)::integer as count from signing_keys where verifies_until is not null`,
    )
    expect(row).toEqual({ count: 2 })
  })

  test('is taken as a JWK too, and refused where it is another kind of key', async () => {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
    const zerg = await open({ settings: { signingKey: JSON.stringify(jwk) } })
    expect(await isGood(zerg, await signIn(zerg))).toBe(true)
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey
    const wrong = rsa.export({ type: 'pkcs8', format: 'pem' }).toString()
    const failure = await open({ settings: { signingKey: wrong } }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'StartFailure' })
    expect(String((failure as Error).message)).not.toContain('MII')
  })

  test('is not rotated by a command', async () => {
    const zerg = await open({ settings: { signingKey: pem() } })
    const error = await rotate(zerg).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'forbidden' })
  })
})

const operator = () => ({
  caller: { ...OPERATOR, via: 'cli' as const, address: null, requestId: 'test', traceId: null },
  signal: AbortSignal.timeout(10_000),
  deadlineAtMs: Infinity,
})

const run = async (database: Database, text: string) => [
  ...(await database.on(AbortSignal.timeout(10_000)).run(sql => sql.unsafe<object[]>(text))),
]
