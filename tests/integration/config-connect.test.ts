// `zerg config check --connect` against a real PostgreSQL.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createDatabase, type TestDatabase, withSql } from '../support/postgres.ts'
import { eventually } from '../support/eventually.ts'
import { freePort, runZerg, startZerg } from '../support/zerg.ts'

const role = `zerg_stranger_${crypto.randomUUID().slice(0, 8)}`
let migrated: TestDatabase
let empty: TestDatabase

beforeAll(async () => {
  migrated = await createDatabase()
  empty = await createDatabase({ empty: true })
  await withSql(migrated.url, sql => sql.unsafe(`create role ${role} login password 'stranger'`))
})
afterAll(async () => {
  await migrated?.drop()
  await withSql(empty.url, sql => sql.unsafe(`drop role if exists ${role}`))
  await empty.drop()
})

test('a migrated database is reached, named with its version, and fit', async () => {
  const { stdout, code } = await check(migrated.url)
  expect(stdout).toMatch(
    /^DATABASE_URL is PostgreSQL \d+(\.\d+)?\.\nThe configuration has no problems\.\n$/,
  )
  expect(code).toBe(0)
})

test('a database without the schema is a problem that names the command', async () => {
  const { stdout, code } = await check(empty.url)
  expect(stdout).toContain('names a database whose schema lacks 1 (')
  expect(stdout).toContain('Run `zerg migrate up`')
  expect(code).toBe(78)
})

test('a pool larger than the server allows is a problem, but not behind a pooler', async () => {
  const { stdout, code } = await check(migrated.url, '--database-pool-max=1000')
  expect(stdout).toMatch(
    /^ZERG_DATABASE_POOL_MAX "1000" \(flag --database-pool-max\) is more than the \d+ connections/m,
  )
  expect(code).toBe(78)
  const pooled = await check(
    migrated.url,
    '--database-pool-max=1000',
    '--database-pooler=transaction',
  )
  expect(pooled.code).toBe(0)
})

test('a role without rights on the schema is a problem that names the command', async () => {
  const url = new URL(migrated.url)
  url.username = role
  url.password = 'stranger'
  const { stdout, code } = await check(url.href)
  expect(stdout).toMatch(/may not read and write .*tasks/)
  expect(stdout).toContain(`Run \`zerg migrate grant ${role}\``)
  expect(stdout).not.toContain(':stranger')
  expect(code).toBe(78)
})

test('a role that was granted what serving takes is fit', async () => {
  const { code } = await runZerg(['migrate', 'grant', role], {
    env: { DATABASE_URL: migrated.url },
  })
  expect(code).toBe(0)
  const url = new URL(migrated.url)
  url.username = role
  url.password = 'stranger'
  expect((await check(url.href)).code).toBe(0)
})

test('a database that does not exist is a problem that says how to create it', async () => {
  const url = new URL(migrated.url)
  url.pathname = '/nowhere'
  const { stdout, code } = await check(url.href)
  expect(stdout).toContain('There is no database "nowhere".')
  expect(code).toBe(78)
})

test('a Tasks service that serves is fit, and found out when it has gone', async () => {
  const port = await freePort()
  const address = `--tasks-service-addr=127.0.0.1:${port}`
  const service = startZerg(['serve', '--roles=tasks', `--grpc-port=${port}`, '--ops-port=0'], {
    env: { DATABASE_URL: migrated.url },
  })
  try {
    await eventually(
      async () => {
        const { stdout, code } = await check(migrated.url, '--roles=api', address)
        expect(stdout).toContain(`TASKS_SERVICE_ADDR has 127.0.0.1:${port}, which serves tasks.`)
        expect(code).toBe(0)
      },
      { withinMs: 20_000 },
    )
  } finally {
    service.kill('SIGTERM')
    await service.exited
  }
  const { stdout, code } = await check(migrated.url, '--roles=api', address)
  expect(stdout).toContain(`has 127.0.0.1:${port}, which cannot be used: connect ECONNREFUSED`)
  expect(code).toBe(78)
})

const check = (url: string, ...flags: string[]) =>
  runZerg(['config', 'check', '--connect', ...flags], { env: { DATABASE_URL: url } })
