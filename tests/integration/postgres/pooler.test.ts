// Behind PgBouncer in transaction mode: sessions are shared, so nothing may be left in one.

import { afterAll, beforeAll, describe, expect } from 'bun:test'
import type { Call } from '#lib/call.ts'
import { isAppError } from '#lib/errors.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import type { Database } from '#platform/postgres/database.ts'
import { openSession } from '#platform/postgres/migrate/session.ts'
import { requireSchema } from '#platform/postgres/migrate/require-schema.ts'
import { callBy } from '../../support/databases.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { defaults, never, openForTest, recordingLog } from '../../support/open-database.ts'
import { startPgbouncer } from '../../support/pgbouncer.ts'
import {
  createDatabase,
  sharedPostgres,
  type TestDatabase,
  withSql,
} from '../../support/postgres.ts'
import { findTool, testWith } from '../../support/tools.ts'

const test = testWith('pgbouncer')
let made: TestDatabase
let bouncer: Awaited<ReturnType<typeof startPgbouncer>>
let database: Database

beforeAll(async () => {
  if (!findTool('pgbouncer')) return
  made = await createDatabase({ version: '18' })
  bouncer = await startPgbouncer(await sharedPostgres('18'), 3)
  ;({ database } = await openForTest(bouncer.url(made.name), {
    pooler: 'transaction',
    poolMax: 8,
    lockTimeoutMs: 700,
  }))
})
afterAll(async () => {
  await database?.close(500)
  await bouncer?.drop()
  await made?.drop()
})

const OWNER = '00000000-0000-7000-8000-000000000001'
const insert = (id: string) =>
  database
    .on(never)
    .run(sql => sql`insert into projects (id, name, owner_id) values (${id}, ${id}, ${OWNER})`)

describe('behind a pooler in transaction mode', () => {
  test('more clients than sessions read and write', async () => {
    const ids = Array.from({ length: 40 }, () => crypto.randomUUID())
    await Promise.all(ids.map(insert))
    const rows = await database
      .on(never)
      .run(sql => sql`select id, created_at from projects where id = any(${ids}::uuid[])`)
    expect(rows.length).toBe(40)
    expect(rows[0]?.['created_at']).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/)
  })

  test('transactions are whole, and bring their limits along', async () => {
    const id = crypto.randomUUID()
    const error = await rejection(
      database.transaction(never, async tx => {
        await tx.run(
          sql => sql`insert into projects (id, name, owner_id) values (${id}, 'x', ${OWNER})`,
        )
        const [row] = await tx.run(sql => sql`select current_setting('lock_timeout') as limit`)
        throw new Error(String(row?.['limit']))
      }),
    )
    expect(error).toMatchObject({ message: '700ms' })
    const rows = await database.on(never).run(sql => sql`select id from projects where id = ${id}`)
    expect(rows.length).toBe(0)
  })

  test('limits of a transaction are gone with it', async () => {
    await Promise.all(
      Array.from({ length: 6 }, () => database.transaction(never, async () => undefined)),
    )
    const settings = await Promise.all(
      Array.from({ length: 6 }, () =>
        database.on(never).run(sql => sql`select current_setting('lock_timeout') as limit`),
      ),
    )
    expect(settings.map(([row]) => row?.['limit'])).toEqual(Array(6).fill('0'))
  })

  test('a call that ends takes its statement along', async () => {
    const call = new AbortController()
    const slow = rejection(database.on(call.signal).run(sql => sql`select pg_sleep(30)`))
    const sleeping = () =>
      withSql(
        made.url,
        sql => sql`
        select pid from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'
          and datname = current_database()`,
      )
    await eventually(async () => expect((await sleeping()).length).toBe(1))
    call.abort(new Error('gone'))
    expect(await slow).toMatchObject({ message: 'gone' })
    await eventually(async () => expect((await sleeping()).length).toBe(0), { withinMs: 2_000 })
    await eventually(() => expect(database.figures().inUse).toBe(0))
  })

  // A lock of a session would be somebody else's by the next statement, and held for ever.
  test('a change under a key is made once, however many ask for it at once', async () => {
    const once = createOnce({ database })
    const key = crypto.randomUUID()
    const calls = Array.from({ length: 100 }, () => ({
      ...callBy(),
      idempotency: { key, replayed: false },
    }))
    const ask = (call: Call): Promise<string> =>
      once(call, { action: 'projects.create', input: key }, async on => {
        await on.run(
          sql => sql`insert into projects (id, name, owner_id) values (${key}, ${key}, ${OWNER})`,
        )
        return key
      }).catch((error: unknown) => {
        if (!isAppError(error, 'idempotency_in_flight')) throw error
        return Bun.sleep(5).then(() => ask(call))
      })
    expect(new Set(await Promise.all(calls.map(ask)))).toEqual(new Set([key]))
    expect(calls.filter(({ idempotency }) => !idempotency.replayed).length).toBe(1)
    const locks = await withSql(
      made.url,
      sql => sql`select from pg_locks where locktype = 'advisory' and database =
        (select oid from pg_database where datname = current_database())`,
    )
    expect(locks.length).toBe(0)
  })

  test('the schema is found to be the right one', async () => {
    await requireSchema(database, never)
  })

  test('without the pooler’s mode the start says what to set', async () => {
    const error = await rejection(openForTest(bouncer.url(made.name), { pooler: 'none' }))
    expect(isAppError(error)).toBe(false)
    expect(error).toMatchObject({
      fix: expect.stringContaining('ZERG_DATABASE_POOLER=transaction'),
    })
  })

  test('migrations ask for PostgreSQL itself', async () => {
    const { log } = recordingLog()
    const settings = { ...defaults, pooler: 'transaction' } as const
    const source = { url: bouncer.url(made.name) }
    const error = await rejection(
      openSession({ source, settings, log, waitMs: 1_000, signal: never }),
    )
    expect(error).toMatchObject({ fix: expect.stringContaining('--database-url') })
  })
})
