// Tokens of a company's own identity provider, which here is one of the test's making.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'
import { newId } from '#lib/id.ts'
import { openPostgres, type OpenedDatabase } from '../../support/databases.ts'
import {
  entriesOf,
  insertPerson,
  type Instance,
  openInstance,
} from '../../support/auth-instances.ts'

const ISSUER = 'https://login.example.test'
const AUDIENCE = 'zerg-api'

let opened: OpenedDatabase
const closing: (() => Promise<unknown> | void)[] = []
beforeAll(async () => {
  opened = await openPostgres()
}, 60_000)
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})
afterAll(async () => await opened?.close())

/** A provider that publishes a key, and can be taken away. */
async function openProvider(alg = 'RS256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'first', alg, use: 'sig' }
  const state = { asked: 0, keys: [jwk] as unknown[], status: 200 }
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => {
      state.asked++
      return Response.json({ keys: state.keys }, { status: state.status })
    },
  })
  closing.push(() => server.stop(true))
  const sign = (claims: object = {}, header: object = {}) => {
    const nowS = Math.floor(Date.now() / 1_000)
    const usual = { iss: ISSUER, aud: AUDIENCE, sub: newId(), iat: nowS, exp: nowS + 600 }
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg, kid: 'first', typ: 'JWT', ...header })
      .sign(privateKey)
  }
  return {
    url: `http://127.0.0.1:${server.port}/keys`,
    state,
    sign,
    jwk,
    stop: () => server.stop(true),
  }
}

type Provider = Awaited<ReturnType<typeof openProvider>>

const SETTINGS = {
  issuer: ISSUER,
  audience: AUDIENCE,
  rolesClaim: 'realm_access.roles',
  roles: [
    { theirs: 'staff', role: 'user' as const },
    { theirs: 'bosses', role: 'admin' as const },
  ],
  createUsers: true,
}

async function open({ url }: Pick<Provider, 'url'>, settings: Partial<typeof SETTINGS> = {}) {
  const provider = { ...SETTINGS, ...settings, jwksUrl: url }
  const zerg = await openInstance(opened.database, { provider })
  closing.push(() => zerg.close())
  return zerg
}
const me = (zerg: Instance, token: string) => zerg.send('GET /api/v1/me', { token })
const STAFF = { realm_access: { roles: ['staff', 'somewhere else'] } }

describe('somebody of the provider', () => {
  test.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('is let in by a token of %s', async alg => {
    const provider = await openProvider(alg)
    const zerg = await open(provider)
    expect((await me(zerg, await provider.sign(STAFF))).status).toBe(200)
  })

  test('is created when first seen, once, and told to the audit log', async () => {
    const provider = await openProvider()
    const zerg = await open(provider)
    const email = `Ada-${newId()}@Example.com`
    const token = await provider.sign({ ...STAFF, email, name: 'Ada\u202E Lovelace' })
    const answers = await Promise.all(Array.from({ length: 8 }, () => me(zerg, token)))
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1)
    const { body } = answers[0]!
    expect(body).toMatchObject({
      email: email.toLowerCase(),
      name: 'Ada Lovelace',
      roles: ['user'],
    })
    const entries = await entriesOf(opened.database, body.id)
    expect(entries.map(({ action }) => action)).toEqual(['auth.provider_user'])
  })

  test('is nobody where users are not created by themselves', async () => {
    const provider = await openProvider()
    const zerg = await open(provider, { createUsers: false })
    expect((await me(zerg, await provider.sign(STAFF))).status).toBe(401)
  })

  test('does not become a user of the same address', async () => {
    const provider = await openProvider()
    const zerg = await open(provider)
    const { id, email } = await insertPerson(opened.database, { roles: ['admin'] })
    const { body } = await me(zerg, await provider.sign({ ...STAFF, email }))
    expect(body.id).not.toBe(id)
    expect([body.email, body.roles]).toEqual([null, ['user']])
  })

  test('becomes the user who was made for them, by an address that the provider has checked', async () => {
    const provider = await openProvider()
    const zerg = await open(provider, { createUsers: false })
    const { id, email } = await insertPerson(opened.database, { hash: null })
    const [sub, other] = [newId(), newId()]
    const unchecked = await provider.sign({ ...STAFF, sub, email })
    expect((await me(zerg, unchecked)).status).toBe(401)
    const checked = { ...STAFF, email, email_verified: true }
    expect((await me(zerg, await provider.sign({ ...checked, sub }))).body.id).toBe(id)
    expect((await me(zerg, await provider.sign({ ...checked, sub: other }))).status).toBe(401)
    const person = await insertPerson(opened.database)
    const stolen = { ...checked, email: person.email, sub: newId() }
    expect((await me(zerg, await provider.sign(stolen))).status).toBe(401)
  })

  test('is what the latest token says, also for an older one', async () => {
    const provider = await openProvider()
    const zerg = await open(provider)
    const [sub, nowS] = [newId(), Math.floor(Date.now() / 1_000)]
    const of = (roles: string[], iat: number) =>
      provider.sign({ sub, iat, realm_access: { roles } })
    const boss = await of(['bosses'], nowS - 20)
    expect((await me(zerg, boss)).body.roles).toEqual(['admin'])
    const staff = await of(['staff'], nowS - 10)
    expect((await me(zerg, staff)).body.roles).toEqual(['user'])
    const body = { name: 'Somebody' }
    const asked = await zerg.send('POST /api/v1/users', { token: boss, body })
    expect(asked.status).toBe(403)
  })

  test('without a role that means something here is refused', async () => {
    const provider = await openProvider()
    const zerg = await open(provider)
    for (const claims of [{}, { realm_access: { roles: ['others'] } }, { realm_access: 'staff' }])
      expect((await me(zerg, await provider.sign(claims))).status).toBe(401)
  })

  test('who is disabled here is refused, whatever the provider says', async () => {
    const provider = await openProvider()
    const zerg = await open(provider)
    const sub = newId()
    const { body } = await me(zerg, await provider.sign({ ...STAFF, sub }))
    await opened.database
      .on(AbortSignal.timeout(5_000))
      .run(sql => sql`update users set is_active = false where id = ${body.id as string}`)
    const other = await provider.sign({ ...STAFF, sub, jti: newId() })
    expect((await me(zerg, other)).status).toBe(401)
  })
})

describe('a token of the provider is refused', () => {
  test.each<[string, object, object]>([
    ['for another audience', { aud: 'zerg' }, {}],
    ['that has expired', { exp: Math.floor(Date.now() / 1_000) - 120 }, {}],
    ['that is not valid yet', { nbf: Math.floor(Date.now() / 1_000) + 120 }, {}],
    ['from the future', { iat: Math.floor(Date.now() / 1_000) + 120 }, {}],
    ['without an end', { exp: undefined }, {}],
    ['without a subject', { sub: undefined }, {}],
    ['with a subject of 300 characters', { sub: 'x'.repeat(300) }, {}],
    ['that names no key', {}, { kid: undefined }],
    ['that names another key', {}, { kid: 'other' }],
    ['that brings its own key', {}, { jku: 'https://attacker.test/keys' }],
    ['that is for something else', {}, { typ: 'logout+jwt' }],
  ])('%s', async (_, claims, header) => {
    const provider = await openProvider()
    const zerg = await open(provider)
    const token = await provider.sign({ ...STAFF, ...claims }, header)
    expect((await me(zerg, token)).status).toBe(401)
  })

  test('that is signed with a shared secret, published or not', async () => {
    const provider = await openProvider()
    const secret = new TextEncoder().encode('a shared secret of thirty-two bytes')
    provider.state.keys = [
      provider.jwk,
      { kty: 'oct', kid: 'shared', k: Buffer.from(secret).toString('base64url') },
    ]
    const zerg = await open(provider)
    const nowS = Math.floor(Date.now() / 1_000)
    const claims = { ...STAFF, iss: ISSUER, aud: AUDIENCE, sub: 'x', iat: nowS, exp: nowS + 600 }
    for (const kid of ['shared', 'first']) {
      const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid }).sign(secret)
      expect((await me(zerg, token)).status).toBe(401)
    }
  })

  test('where no provider is configured', async () => {
    const provider = await openProvider()
    const zerg = await openInstance(opened.database)
    closing.push(() => zerg.close())
    expect((await me(zerg, await provider.sign(STAFF))).status).toBe(401)
  })
})

describe('a provider that is down', () => {
  test('is no outage for whoever shows a token by a key that is known', async () => {
    const provider = await openProvider()
    const zerg = await open(provider)
    expect((await me(zerg, await provider.sign(STAFF))).status).toBe(200)
    await provider.stop()
    expect((await me(zerg, await provider.sign(STAFF))).status).toBe(200)
  })

  test.each(['refuses connections', 'answers 500', 'sends no keys'])(
    'and %s before any key is known is told as that, and own tokens go on',
    async how => {
      const provider = await openProvider()
      if (how === 'refuses connections') await provider.stop()
      if (how === 'answers 500') provider.state.status = 500
      if (how === 'sends no keys') provider.state.keys = []
      const zerg = await open(provider)
      const { status, headers, body } = await me(zerg, await provider.sign(STAFF))
      expect([status, body.code]).toEqual([503, 'identity_provider_unavailable'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      const { email } = await insertPerson(opened.database)
      const { body: tokens } = await zerg.login(email)
      expect((await me(zerg, tokens.access_token)).status).toBe(200)
    },
  )

  test('is asked once by many, and not again at once for keys that nobody has', async () => {
    const provider = await openProvider()
    const zerg = await open(provider)
    const tokens = await Promise.all(Array.from({ length: 10 }, () => provider.sign(STAFF)))
    await Promise.all(tokens.map(token => me(zerg, token)))
    for (let at = 0; at < 5; at++)
      await me(zerg, await provider.sign(STAFF, { kid: `unknown-${at}` }))
    expect(provider.state.asked).toBe(1)
  })
})
