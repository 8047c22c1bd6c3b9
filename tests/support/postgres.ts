// Fresh, migrated databases for tests. One private server for each version is started when the
// first test asks, and is gone when the test process is. TEST_DATABASE_URL names another one to use.

import postgres from 'postgres'
import { createMigrator } from '#platform/postgres/migrate/migrator.ts'
import type { PostgresVersion } from './postgres-programs.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

export { postgresVersions, type PostgresVersion } from './postgres-programs.ts'
export { type PostgresServer, startPostgres } from './postgres-server.ts'

export type TestDatabase = {
  name: string
  /** Connects as a superuser. */
  url: string
  drop(): Promise<void>
}

type Wanted = {
  version?: PostgresVersion
  /** Without migrations applied; for tests of the migrations themselves. */
  empty?: boolean
}

const TEMPLATE = 'zerg_template'
const servers = new Map<PostgresVersion, Promise<PostgresServer>>()
const templates = new Map<PostgresVersion, Promise<void>>()

/** The server that tests of this process share. Tests that stop or freeze one start their own. */
export function sharedPostgres(version: PostgresVersion = '18'): Promise<PostgresServer> {
  return once(servers, version, () => startPostgres({ version }))
}

/** A database of its own, with every migration applied. `drop` it in `afterAll`. */
export async function createDatabase({ version, empty = false }: Wanted = {}) {
  const given = version === undefined ? process.env['TEST_DATABASE_URL'] : undefined
  const name = `zerg_test_${crypto.randomUUID().slice(0, 8)}`
  if (given !== undefined) {
    const database = await createIn(given, `create database ${name}`)
    if (!empty) await applyAll(database.url)
    return database
  }
  const server = await sharedPostgres(version)
  if (!empty) await once(templates, server.version, () => makeTemplate(server))
  return await createIn(
    server.url(),
    `create database ${name} template ${empty ? 'template1' : TEMPLATE}`,
  )
}

/** Runs `work` with one connection to `url`, and closes it. */
export async function withSql<T>(url: string, work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined })
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 2 })
  }
}

async function createIn(serverUrl: string, statement: string): Promise<TestDatabase> {
  await withSql(serverUrl, sql => sql.unsafe(statement))
  const name = /database (\w+)/.exec(statement)![1]!
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  const drop = async () => {
    await withSql(serverUrl, sql => sql.unsafe(`drop database if exists ${name} with (force)`))
  }
  return { name, url: url.href, drop }
}

async function makeTemplate(server: PostgresServer) {
  await withSql(server.url(), sql => sql.unsafe(`create database ${TEMPLATE}`))
  await applyAll(server.url(TEMPLATE))
}

async function applyAll(url: string) {
  await withSql(url, sql => createMigrator({ sql }).up())
}

// Tests run side by side: the first to ask starts it, the others wait for the same one.
function once<K, T>(started: Map<K, Promise<T>>, key: K, start: () => Promise<T>): Promise<T> {
  const running = started.get(key) ?? start()
  started.set(key, running)
  return running
}
