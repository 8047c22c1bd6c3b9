// TLS to PostgreSQL in the words of libpq's sslmode.

import { afterAll, beforeAll, expect } from 'bun:test'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Certificates, makeCertificates } from '../../support/certificates.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { never, openForTest } from '../../support/open-database.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { handOver } from '../../support/postgres-programs.ts'
import { findTool, testWith } from '../../support/tools.ts'

const test = testWith('openssl')
let named: { server: PostgresServer; certificates: Certificates }
let plain: PostgresServer

beforeAll(async () => {
  if (!findTool('openssl')) return
  plain = await startPostgres()
  named = await startWithTls('DNS:localhost')
})
afterAll(async () => {
  await plain?.drop()
  await named?.server.drop()
  named?.certificates.drop()
})

async function startWithTls(name: string) {
  const certificates = makeCertificates(name)
  const server = await startPostgres()
  for (const [file, text] of [
    ['server.crt', certificates.cert],
    ['server.key', certificates.key],
  ] as const) {
    writeFileSync(join(server.data, file), text)
    chmodSync(join(server.data, file), 0o600)
    handOver(join(server.data, file))
  }
  await server.stop()
  writeFileSync(join(server.data, 'postgresql.auto.conf'), 'ssl = on\n')
  await server.start()
  return { server, certificates }
}

const byName = () => named.server.url().replace('127.0.0.1', 'localhost')

async function isEncrypted(url: string, given: Parameters<typeof openForTest>[1]) {
  const { database } = await openForTest(url, { poolMax: 1, connectTimeoutMs: 5_000, ...given })
  const [row] = await database
    .on(never)
    .run(sql => sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`)
  await database.close(100)
  return row?.['ssl']
}

test('prefer encrypts where the server can, and goes without where it cannot', async () => {
  expect(await isEncrypted(named.server.url(), { tls: 'prefer' })).toBe(true)
  expect(await isEncrypted(plain.url(), { tls: 'prefer' })).toBe(false)
})

test('disable does not encrypt, and the stricter word of a URL holds', async () => {
  expect(await isEncrypted(named.server.url(), { tls: 'disable' })).toBe(false)
  const strict = `${named.server.url()}?sslmode=require`
  expect(await isEncrypted(strict, { tls: 'prefer' })).toBe(true)
})

test('require encrypts, whoever has signed', async () => {
  expect(await isEncrypted(named.server.url(), { tls: 'require' })).toBe(true)
})

test('verify-full accepts the authority’s certificate for the name that was asked for', async () => {
  const tlsCa = named.certificates.ca
  expect(await isEncrypted(byName(), { tls: 'verify-full', tlsCa })).toBe(true)
})

test('verify-full refuses another name, and verify-ca does not mind it', async () => {
  const tlsCa = named.certificates.ca
  const error = await rejection(
    openForTest(named.server.url(), { tls: 'verify-full', tlsCa, waitMs: 3_000 }),
  )
  expect(error).toMatchObject({
    message: expect.stringContaining('TLS (verify-full) could not be agreed'),
    fix: expect.stringContaining('ZERG_DATABASE_TLS_CA'),
  })
  expect(await isEncrypted(named.server.url(), { tls: 'verify-ca', tlsCa })).toBe(true)
})

test('verifying refuses an authority that is not known', async () => {
  for (const tls of ['verify-full', 'verify-ca'] as const) {
    const error = await rejection(openForTest(byName(), { tls, waitMs: 3_000 }))
    expect(error).toMatchObject({ message: expect.stringContaining('TLS') })
  }
})

test('a cancellation finds its way through TLS', async () => {
  const { database } = await openForTest(named.server.url(), { poolMax: 1, tls: 'require' })
  const call = new AbortController()
  const slow = rejection(database.on(call.signal).run(sql => sql`select pg_sleep(30)`))
  await eventually(() => expect(database.figures().inUse).toBe(1))
  await Bun.sleep(50)
  call.abort(new Error('gone'))
  expect(await slow).toMatchObject({ message: 'gone' })
  // Reclaimed, not replaced: the cancellation was heard within the two seconds that it has.
  await eventually(() => expect(database.figures().idle).toBe(1), { withinMs: 1_500 })
  await database.close(100)
})
