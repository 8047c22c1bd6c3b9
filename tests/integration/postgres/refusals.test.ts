// A start that cannot reach its database says where it looked and what to try, and no password.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createServer, type Server } from 'node:net'
import { DatabaseFailure } from '#platform/postgres/failure.ts'
import { inspectDatabase } from '#platform/postgres/inspect.ts'
import { rejection } from '../../support/eventually.ts'
import { defaults, never, openForTest, recordingLog } from '../../support/open-database.ts'
import { type PostgresServer, startPostgres, withSql } from '../../support/postgres.ts'
import { freePort } from '../../support/postgres-server.ts'

const PASSWORD = 'n0t-for-anybody'
let server: PostgresServer
let silent: Server
let silentPort: number

beforeAll(async () => {
  server = await startPostgres()
  await withSql(server.url(), async sql => {
    await sql`create role with_password`
    await sql`create role ada login in role with_password password 'right'`
    await sql`create role bob login`
    await sql`create database closed`
    await sql`revoke connect on database closed from public`
  })
  // Accepts, and says nothing: what a wrong port or a proxy without a server behind it does.
  silent = createServer(() => undefined)
  silentPort = await freePort()
  await new Promise<void>(resolve => silent.listen(silentPort, '127.0.0.1', resolve))
})
afterAll(async () => {
  silent.close()
  await server.drop()
})

async function refusal(url: string, given: Parameters<typeof openForTest>[1] = {}) {
  const startedMs = performance.now()
  const error = await rejection(
    openForTest(url, { waitMs: 4_000, connectTimeoutMs: 3_000, ...given }),
  )
  const tookMs = performance.now() - startedMs
  if (!(error instanceof DatabaseFailure)) throw error
  expect(`${error.message} ${error.fix} ${error.stack} ${Bun.inspect(error)}`).not.toContain(
    PASSWORD,
  )
  return { text: `${error.message} ${error.fix}`, tookMs }
}

const at = (user: string, host: string, database = 'postgres') =>
  `postgres://${user}:${PASSWORD}@${host}/${database}`

test('a wrong password is told at once', async () => {
  const { text, tookMs } = await refusal(at('ada', `127.0.0.1:${server.port}`))
  expect(text).toContain(`ada@127.0.0.1:${server.port}/postgres`)
  expect(text).toContain('refuses the password of user "ada"')
  expect(tookMs).toBeLessThan(2_500)
})

test('the right password gets in', async () => {
  const { database } = await openForTest(`postgres://ada:right@127.0.0.1:${server.port}/postgres`)
  await database.close(100)
})

test('an unknown database, role and right are named', async () => {
  const host = `127.0.0.1:${server.port}`
  const missing = await refusal(at('postgres', host, 'nowhere'))
  expect(missing.text).toContain('There is no database "nowhere"')
  expect((await refusal(at('nobody', host))).text).toContain('does not let user "nobody" in')
  expect((await refusal(at('bob', host, 'closed'))).text).toContain(
    'grant connect on database "closed"',
  )
})

test('a port on which nothing listens is waited for, but not longer than asked', async () => {
  const port = await freePort()
  const { text, tookMs } = await refusal(at('ada', `127.0.0.1:${port}`), { waitMs: 600 })
  expect(text).toContain(`Nothing listens at 127.0.0.1:${port}`)
  expect(tookMs).toBeGreaterThan(500)
  expect(tookMs).toBeLessThan(2_500)
})

test('a host that does not answer fails in time', async () => {
  const { text, tookMs } = await refusal(at('ada', `127.0.0.1:${silentPort}`), {
    connectTimeoutMs: 5_000,
    waitMs: 600,
  })
  expect(text).toContain(`127.0.0.1:${silentPort} does not answer`)
  expect(tookMs).toBeLessThan(2_500)
})

test('a name that cannot be resolved is named', async () => {
  const { text } = await refusal(at('ada', 'nowhere.invalid:5432'))
  expect(text).toContain('nowhere.invalid')
})

test('TLS that the server does not offer is said to be the reason', async () => {
  const { text } = await refusal(at('postgres', `127.0.0.1:${server.port}`), { tls: 'require' })
  expect(text).toContain('TLS (require) could not be agreed')
  expect(text).toContain('ZERG_DATABASE_TLS')
})

test('a URL that cannot be read is not repeated', async () => {
  const { text } = await refusal(`postgres://ada:${PASSWORD}@@:x/`)
  expect(text).toContain('DATABASE_URL cannot be read')
})

test('a server that comes up while it is waited for is no failure', async () => {
  await server.stop()
  const opening = openForTest(server.url(), { waitMs: 8_000 })
  await Bun.sleep(300)
  await server.start()
  const { database, lines } = await opening
  expect(lines.map(({ msg }) => msg)).toContain('database_awaited')
  await database.close(100)
})

test('an inspection tells version, connections and what is not migrated', async () => {
  const { log } = recordingLog()
  const seen = await inspectDatabase({ url: server.url(), settings: defaults, log, signal: never })
  expect(seen.version).toMatch(/^18\.\d+$/)
  expect(seen.connectionsMax).toBe(147)
  expect(seen.missing[0]).toEqual({ version: 1, name: 'users' })
})
