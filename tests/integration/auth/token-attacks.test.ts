// Tokens that somebody has altered, made up, kept too long, or made for something else. All are refused.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, importPKCS8, SignJWT } from 'jose'
import { newId } from '#lib/id.ts'
import { openPostgres, type OpenedDatabase } from '../../support/databases.ts'
import {
  insertPerson,
  type Instance,
  openInstance,
  type Person,
} from '../../support/auth-instances.ts'

// The key is ours to know, so that everything but the one thing under test is right.
const pair = generateKeyPairSync('ed25519')
const PEM = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const ISSUER = 'https://zerg.test'

let opened: OpenedDatabase
let zerg: Instance
let person: Person
let good: string
let kid: string
beforeAll(async () => {
  opened = await openPostgres()
  zerg = await openInstance(opened.database, { settings: { signingKey: PEM } })
  person = await insertPerson(opened.database, { roles: ['user', 'admin'] })
  const { body } = await zerg.login(person.email)
  good = body.access_token
  kid = await calculateJwkThumbprint(await exportJWK(createPublicKey(PEM)))
}, 60_000)
afterAll(async () => {
  await zerg?.close()
  await opened?.close()
})

const show = (token: string) => zerg.send('GET /api/v1/me', { token })
const refused = async (token: string, code = 'invalid_token') => {
  const { status, headers, body } = await show(token)
  expect([status, body.code]).toEqual([401, code])
  expect(headers.get('www-authenticate')).toContain('error="invalid_token"')
}

type Parts = { header?: object; claims?: object; key?: CryptoKey }

async function made({ header = {}, claims = {}, key }: Parts = {}): Promise<string> {
  const nowS = Math.floor(Date.now() / 1_000)
  const usual = {
    iss: ISSUER,
    aud: 'zerg',
    sub: person.id,
    jti: newId(),
    iat: nowS,
    exp: nowS + 600,
  }
  return await new SignJWT({ ...usual, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid, ...header })
    .sign(key ?? (await importPKCS8(PEM, 'EdDSA', { extractable: true })))
}

const encoded = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const partsOf = (token: string) => token.split('.') as [string, string, string]
const ownClaims = () => JSON.parse(Buffer.from(partsOf(good)[1], 'base64url').toString())

test('what these are measured by: a token that is right is accepted', async () => {
  expect((await show(good)).status).toBe(200)
  expect((await show(await made())).status).toBe(200)
})

describe('a token is refused', () => {
  test.each(['none', 'None', 'NONE', ''])('with the algorithm %j and no signature', async alg => {
    const head = encoded({ alg, typ: 'at+jwt', kid })
    for (const signature of ['', partsOf(good)[2]])
      await refused(`${head}.${partsOf(good)[1]}.${signature}`)
  })

  // RFC 8725, 2.1: the public key, which everybody has, used as if it were a shared secret.
  test.each(['HS256', 'HS384', 'HS512'])('signed by %s with the public key', async alg => {
    const jwk = await exportJWK(createPublicKey(PEM))
    const spki = createPublicKey(PEM).export({ type: 'spki', format: 'pem' }).toString()
    const body = `${encoded({ alg, typ: 'at+jwt', kid })}.${partsOf(good)[1]}`
    for (const secret of [spki, jwk.x ?? '', Buffer.from(jwk.x ?? '', 'base64url')]) {
      const hash = alg.replace('HS', 'sha')
      await refused(`${body}.${createHmac(hash, secret).update(body).digest('base64url')}`)
    }
  })

  test('signed by somebody else’s key, under the name of ours and under its own', async () => {
    const foreign = generateKeyPairSync('ed25519').privateKey
    const pem = foreign.export({ type: 'pkcs8', format: 'pem' }).toString()
    const key = await importPKCS8(pem, 'EdDSA', { extractable: true })
    const own = await calculateJwkThumbprint(await exportJWK(createPublicKey(pem)))
    await refused(await made({ key }))
    await refused(await made({ key, header: { kid: own } }))
    await refused(await made({ header: { kid: '../../etc/passwd' } }))
    await refused(await made({ header: { kid: "' or 1=1 --" } }))
  })

  test.each([
    ['jku', 'https://attacker.test/keys.json'],
    ['x5u', 'https://attacker.test/cert.pem'],
    ['jwk', { kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }],
    ['x5c', ['MIIB']],
    ['crit', ['exp']],
    ['b64', false],
    ['zip', 'DEF'],
  ])('with a header that chooses how it is verified: %s', async (name, value) => {
    const [, claims, signature] = partsOf(good)
    const head = encoded({ alg: 'EdDSA', typ: 'at+jwt', kid, [name]: value })
    await refused(`${head}.${claims}.${signature}`)
  })

  test('once it has expired, and says so', async () => {
    const nowS = Math.floor(Date.now() / 1_000)
    const claims = { iat: nowS - 1_000, exp: nowS - 60 }
    await refused(await made({ claims }), 'token_expired')
  })

  test('before its time, or from the future', async () => {
    const nowS = Math.floor(Date.now() / 1_000)
    await refused(await made({ claims: { nbf: nowS + 60 } }))
    await refused(await made({ claims: { iat: nowS + 60 } }))
  })

  test.each([
    ['audience', { aud: 'somebody-else' }],
    ['audience that is a list', { aud: ['zerg', 'somebody-else'] }],
    ['audience that is missing', { aud: undefined }],
    ['issuer', { iss: 'https://attacker.test' }],
    ['issuer that is missing', { iss: undefined }],
    ['issuer that is a list', { iss: [ISSUER] }],
    ['subject that is missing', { sub: undefined }],
    ['subject that is no id', { sub: 'admin' }],
    ['subject that nobody has', { sub: '01939c2e-0000-7000-8000-000000000000' }],
    ['session that nobody has', { sid: '01939c2e-0000-7000-8000-000000000000' }],
    ['session that is no id', { sid: 7 }],
    ['end that is missing', { exp: undefined }],
    ['end that is a text', { exp: '9999999999' }],
    ['id that is missing', { jti: undefined }],
  ])('with another %s', async (_, claims) => {
    await refused(await made({ claims }))
  })

  test.each(['JWT', 'zerg-internal+jwt', 'id_token', undefined])(
    'that is of the type %p',
    async typ => {
      await refused(await made({ header: { typ } }))
    },
  )

  test('with a signature that is cut, padded, altered, or written another way', async () => {
    const [head, claims, signature] = partsOf(good)
    const bytes = Buffer.from(signature, 'base64url')
    // The last character holds bits that say nothing: other letters stand for the same bytes.
    const last = signature.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const twin = alphabet[alphabet.indexOf(last) ^ 1] ?? 'A'
    const others = [
      '',
      signature.slice(0, -1),
      signature.slice(0, -4),
      `${signature}A`,
      `${signature}AAAA`,
      `${signature}=`,
      `${signature}==`,
      signature.slice(0, -1) + twin,
      `${signature}.${signature}`,
      encoded(bytes.toString('hex')),
      Buffer.concat([bytes, bytes]).toString('base64url'),
      Buffer.alloc(64).toString('base64url'),
    ]
    for (const other of others) await refused(`${head}.${claims}.${other}`)
    for (const token of [`${head}.${claims}`, `.${claims}.${signature}`, `${head}..${signature}`])
      await refused(token)
  })

  test('with claims that were altered', async () => {
    const [head, , signature] = partsOf(good)
    for (const more of [{ roles: ['admin'] }, { sub: newId() }, { exp: 9_999_999_999 }])
      await refused(`${head}.${encoded({ ...ownClaims(), ...more })}.${signature}`)
  })

  test('that says something twice, in its claims or its header', async () => {
    const key = await importPKCS8(PEM, 'EdDSA', { extractable: true })
    const sign = async (head: string, claims: string) => {
      const body = `${encoded(head)}.${encoded(claims)}`
      const bytes = await crypto.subtle.sign('Ed25519', key, new TextEncoder().encode(body))
      return `${body}.${Buffer.from(bytes).toString('base64url')}`
    }
    const head = JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid })
    const claims = JSON.stringify(ownClaims())
    expect((await show(await sign(head, claims))).status).toBe(200)
    const twice = (text: string, more: string) => text.replace('{', `{${more},`)
    await refused(await sign(head, twice(claims, `"sub":"${newId()}"`)))
    await refused(await sign(head, twice(claims, String.raw`"su\u0062":"x"`)))
    await refused(await sign(twice(head, '"alg":"none"'), claims))
    await refused(await sign(head, `[${claims}]`))
    await refused(await sign(head, 'null'))
  })

  test('of 64 KB, before anything of it is read', async () => {
    const long = await made({ claims: { padding: 'x'.repeat(48_000) } })
    expect(long.length).toBeGreaterThan(64_000)
    await refused(long)
    await refused('a'.repeat(65_536))
  })

  test.each(['', '.', '..', '...', 'a.b.c', 'null', '{}', '💥.💥.💥', 'Bearer a.b.c'])(
    'that is no token at all: %j',
    async token => {
      const { status } = await zerg.send('GET /api/v1/me', {
        headers: { authorization: `Bearer ${encodeURIComponent(token)}` },
      })
      expect(status).toBe(401)
    },
  )

  test('that is shown in the query', async () => {
    const { status } = await zerg.send(`GET /api/v1/me?access_token=${good}`)
    expect(status).toBe(401)
  })
})

test('what a token says of roles counts for nothing: what they are now does', async () => {
  const plain = await insertPerson(opened.database)
  const token = await made({ claims: { sub: plain.id, roles: ['admin'] } })
  const { status } = await zerg.send('POST /api/v1/users', { token, body: { name: 'Somebody' } })
  expect(status).toBe(403)
})
