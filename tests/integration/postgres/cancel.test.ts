import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '#platform/postgres/database.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { never, openForTest } from '../../support/open-database.ts'
import {
  createDatabase,
  postgresVersions,
  type TestDatabase,
  withSql,
} from '../../support/postgres.ts'

describe.each(postgresVersions)('on PostgreSQL %s', version => {
  let made: TestDatabase
  let database: Database

  beforeAll(async () => {
    made = await createDatabase({ version, empty: true })
    await withSql(made.url, sql => sql`create table notes (id int primary key)`)
  })
  beforeEach(async () => {
    ;({ database } = await openForTest(made.url, { poolMax: 2 }))
  })
  afterEach(async () => {
    await database.close(100)
  })
  afterAll(async () => {
    await made.drop()
  })

  const working = () =>
    withSql(
      made.url,
      sql => sql`
      select query from pg_stat_activity
      where datname = current_database() and application_name = 'zerg' and state <> 'idle'`,
    )

  const later = (abort: () => void) =>
    eventually(async () => expect((await working()).length).toBeGreaterThan(0)).then(abort)

  test('a call that ends takes its statement in PostgreSQL along', async () => {
    const call = new AbortController()
    const slow = rejection(database.on(call.signal).run(sql => sql`select pg_sleep(30)`))
    await later(() => call.abort(new Error('the client has gone')))
    expect(await slow).toMatchObject({ message: 'the client has gone' })
    await eventually(async () => expect((await working()).length).toBe(0), { withinMs: 1_000 })
    await eventually(() => expect(database.figures()).toMatchObject({ idle: 2, inUse: 0 }))
  })

  // The cancellation must have come home before the connection serves somebody else.
  test('no cancellation ever hits the statement of the next caller', async () => {
    for (let round = 0; round < 40; round++) {
      const call = new AbortController()
      const ended = rejection(database.on(call.signal).run(sql => sql`select pg_sleep(30)`))
      await Bun.sleep(Math.random() * 5)
      call.abort(new Error('gone'))
      const next = database.on(never).run(sql => sql`select pg_sleep(0.005)`)
      expect(await ended).toMatchObject({ message: 'gone' })
      await next
    }
  })

  test('a call that ends in the same moment as it begins leaves the pool whole', async () => {
    const call = new AbortController()
    const slow = rejection(database.on(call.signal).run(sql => sql`select pg_sleep(30)`))
    call.abort(new Error('gone'))
    expect(await slow).toMatchObject({ message: 'gone' })
    await eventually(() => expect(database.figures()).toMatchObject({ idle: 2, inUse: 0 }))
  })

  test('a transaction whose call ends is rolled back, and its locks are free', async () => {
    const call = new AbortController()
    const cut = rejection(
      database.transaction(call.signal, async tx => {
        await tx.run(sql => sql`insert into notes values (1)`)
        await tx.run(sql => sql`select pg_sleep(30)`)
      }),
    )
    await later(() => call.abort(new Error('gone')))
    expect(await cut).toMatchObject({ message: 'gone' })
    // The same key would wait for the lock if the transaction were still open.
    await database.transaction(never, async tx => {
      await tx.run(sql => sql`insert into notes values (1)`)
      await tx.run(sql => sql`delete from notes`)
    })
    await eventually(() => expect(database.figures()).toMatchObject({ idle: 2, inUse: 0 }))
  })

  test('a transaction whose call ends between two statements is rolled back too', async () => {
    const call = new AbortController()
    const cut = rejection(
      database.transaction(call.signal, async tx => {
        await tx.run(sql => sql`insert into notes values (2)`)
        call.abort(new Error('gone'))
      }),
    )
    expect(await cut).toMatchObject({ message: 'gone' })
    const rows = await database.on(never).run(sql => sql`select id from notes`)
    expect([...rows]).toEqual([])
  })
})
