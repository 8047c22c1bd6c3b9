// An opened Database for a test, on one of the PostgreSQLs that Zerg supports; each is migrated,
// empty and the test's own.

import { pino } from 'pino'
import { type Call } from '#lib/call.ts'
import { BUILT_IN_USER_ID, type Caller, callerOf } from '#lib/caller.ts'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/id.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { type DatabaseNeeds, openDatabase } from '#platform/postgres/client.ts'
import type { Database } from '#platform/postgres/database.ts'
import { migrations } from '#platform/postgres/migrations/index.ts'
import { BUILT_IN } from './built-in.ts'
import { openTestEmbedded } from './embedded.ts'
import { createDatabase, postgresVersions } from './postgres.ts'

export type OpenedDatabase = { database: Database; close(): Promise<void> }

type Source = DatabaseNeeds['source']

const settings: DatabaseNeeds['settings'] = {
  poolMax: 4,
  acquireTimeoutMs: 10_000,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 10_000,
  idleInTransactionTimeoutMs: 10_000,
  pooler: 'none',
  tls: 'prefer',
  tlsCa: undefined,
}

/** A Database on what a test has started itself. */
export const open = (source: Source) =>
  openDatabase({
    source,
    settings,
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    clock: systemClock,
    waitMs: 5_000,
    signal: AbortSignal.timeout(10_000),
  })

/**
 * Every kind of database: `describe.each(databases)('on $name', ({ open }) => …)`. The system's own
 * PostgreSQL is for tests/integration/postgres.
 */
export const databases: readonly { name: string; open(): Promise<OpenedDatabase> }[] = [
  ...postgresVersions
    .filter(version => version !== 'system')
    .map(version => ({
      name: `PostgreSQL ${version}`,
      open: () => openPostgres(version),
    })),
  { name: 'the embedded database', open: openEmbedded },
]

export async function openPostgres(
  version: (typeof postgresVersions)[number] = '18',
): Promise<OpenedDatabase> {
  const made = await createDatabase({ version })
  const database = await open({ url: made.url })
  const close = async () => {
    await database.close(2_000)
    await made.drop()
  }
  return { database, close }
}

export async function openEmbedded(): Promise<OpenedDatabase> {
  const embedded = await openTestEmbedded()
  const database = await open({ socket: embedded.socket })
  await migrate(database)
  const close = async () => {
    await database.close(2_000)
    await embedded.close()
  }
  return { database, close }
}

// What the build has put into the archive of the embedded database is there already.
async function migrate(database: Database): Promise<void> {
  const on = database.on(AbortSignal.timeout(10_000))
  const [found] = await on.run(
    sql => sql<{ exists: boolean }[]>`select to_regclass('tasks') is not null as exists`,
  )
  if (found?.exists) return
  for (const { up } of migrations) await on.run(sql => sql.unsafe(up))
}

/** A call by the built-in user, or by somebody else. */
export const callBy = (caller: Partial<Caller> = {}): Call => ({
  caller: {
    ...callerOf(BUILT_IN, { via: 'http', address: null, requestId: 'test', traceId: null }),
    ...caller,
  },
  signal: AbortSignal.timeout(30_000),
  deadlineAtMs: Date.now() + 30_000,
})

/** A user, since there is no API to make one yet. */
export async function insertUser(database: Database): Promise<string> {
  const id = newId()
  await run(database, sql => sql`insert into users (id, name) values (${id}, ${`User ${id}`})`)
  return id
}

/** A project, for tests of tasks that only have to refer to one. */
export async function insertProject(database: Database): Promise<string> {
  const id = newId()
  await run(
    database,
    sql => sql`
      insert into projects (id, name, owner_id) values (${id}, ${`Project ${id}`}, ${BUILT_IN_USER_ID})`,
  )
  return id
}

const run = (database: Database, statement: Parameters<ReturnType<Database['on']>['run']>[0]) =>
  database.on(AbortSignal.timeout(10_000)).run(statement)
