import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { isAppError } from '#lib/errors.ts'
import type { Database } from '#platform/postgres/database.ts'
import { eventually, rejection, within } from '../../support/eventually.ts'
import { never, openForTest } from '../../support/open-database.ts'
import { createDatabase, type TestDatabase } from '../../support/postgres.ts'

let made: TestDatabase
const opened: Database[] = []

beforeAll(async () => {
  made = await createDatabase({ empty: true })
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map(database => database.close(100)))
})
afterAll(async () => {
  await made.drop()
})

async function open(given: Parameters<typeof openForTest>[1] = {}) {
  const it = await openForTest(made.url, given)
  opened.push(it.database)
  return it
}

const sleepFor = (database: Database, seconds: number, signal = never) =>
  database.on(signal).run(sql => sql`select pg_sleep(${seconds})`)

describe('the pool', () => {
  test('is open before the first request', async () => {
    const { database } = await open({ poolMax: 4 })
    expect(database.figures()).toMatchObject({ max: 4, idle: 4, inUse: 0, waiting: 0 })
  })

  // Without a deadline a request would wait behind a full pool for as long as its client does.
  test('refuses with database_busy when no connection is free in time, and counts it', async () => {
    const { database, metrics } = await open({ poolMax: 1, acquireTimeoutMs: 100 })
    const slow = sleepFor(database, 0.5)
    const startedMs = performance.now()
    const error = await rejection(sleepFor(database, 0))
    expect(performance.now() - startedMs).toBeLessThan(400)
    expect(isAppError(error, 'database_busy')).toBe(true)
    expect(database.figures()).toMatchObject({ inUse: 1, timeoutsTotal: 1 })
    const text = await metrics.registry.metrics()
    expect(text).toContain('zerg_database_acquire_timeouts_total 1')
    expect(text).toContain('zerg_database_pool_in_use 1')
    expect(text).toContain('zerg_database_acquire_wait_seconds_count 1')
    await slow
  })

  test('serves those who wait in the order in which they came', async () => {
    const { database } = await open({ poolMax: 1 })
    const order: number[] = []
    await Promise.all(
      [0, 1, 2, 3].map(async index => {
        await sleepFor(database, 0.01)
        order.push(index)
      }),
    )
    expect(order).toEqual([0, 1, 2, 3])
  })

  test('lets go of a waiter whose call has ended', async () => {
    const { database } = await open({ poolMax: 1 })
    const slow = sleepFor(database, 0.2)
    const call = new AbortController()
    const waiting = sleepFor(database, 0, call.signal)
    call.abort(new Error('the client has gone'))
    expect(await rejection(waiting)).toMatchObject({ message: 'the client has gone' })
    expect(database.figures().waiting).toBe(0)
    await slow
  })

  test('does not touch the database for a call that has ended already', async () => {
    const { database } = await open()
    const ended = AbortSignal.abort(new Error('too late'))
    expect(await rejection(sleepFor(database, 0, ended))).toMatchObject({ message: 'too late' })
  })

  test('replaces a connection that somebody ended, without a lost database', async () => {
    const { database, lines } = await open({ poolMax: 2 })
    await database.on(never).run(
      sql => sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await eventually(() => expect(database.figures().idle).toBe(2))
    await database.on(never).run(sql => sql`select 1`)
    expect(lines.map(({ msg }) => msg)).not.toContain('database_lost')
  })

  test('closes when its statements have ended, and cuts what does not', async () => {
    const patient = await open({ poolMax: 2 })
    const done = sleepFor(patient.database, 0.1)
    expect(await patient.database.close(2_000)).toEqual({ cut: 0 })
    await done

    const hasty = await open({ poolMax: 2 })
    const cut = rejection(sleepFor(hasty.database, 5))
    expect(await within(hasty.database.close(50), 1_000)).toEqual({ cut: 1 })
    expect(isAppError(await cut, 'database_unavailable')).toBe(true)
    expect(await rejection(sleepFor(hasty.database, 0))).toMatchObject({ code: 'shutting_down' })
  })
})

describe('a session', () => {
  test('speaks UTC, whatever the server is set to, and gives times as RFC 3339', async () => {
    const { database } = await open()
    const [row] = await database.on(never).run(
      sql => sql`
        select '2026-01-02 03:04:05.6789+02'::timestamptz as at,
          ${'2026-01-02T03:04:05.678Z'}::timestamptz as given, ${new Date(0)}::timestamptz as date,
          'infinity'::timestamptz as never, '1999-12-31'::date as day`,
    )
    expect(row).toEqual({
      at: '2026-01-02T01:04:05.678Z',
      given: '2026-01-02T03:04:05.678Z',
      date: '1970-01-01T00:00:00.000Z',
      never: 'infinity',
      day: '1999-12-31',
    })
  })

  test('takes arrays as parameters and gives them back', async () => {
    const { database } = await open()
    const id = '0190a000-0000-7000-8000-000000000001'
    const texts = ['a', 'with "quotes", commas and \\', '', 'NULL', null]
    const [row] = await database.on(never).run(
      sql => sql`
        select ${id}::uuid = any(${[id]}::uuid[]) as found, ${texts}::text[] as texts,
          ${[1, 2]}::int[] as numbers, ${[]}::text[] as none`,
    )
    expect(row).toEqual({ found: true, texts, numbers: [1, 2], none: [] })
  })

  test('counts in numbers, and keeps exact what a number cannot hold', async () => {
    const { database } = await open()
    const [row] = await database
      .on(never)
      .run(sql => sql`select count(*) as few, 9007199254740993::bigint as many from (select 1) x`)
    expect(row).toEqual({ few: 1, many: '9007199254740993' })
  })

  test('has limits for statements, locks and idle transactions', async () => {
    const { database } = await open({ statementTimeoutMs: 100 })
    const error = await rejection(sleepFor(database, 5))
    expect(isAppError(error, 'deadline_exceeded')).toBe(true)
    const [row] = await database.on(never).run(
      sql => sql`
        select current_setting('lock_timeout') as lock, current_setting('application_name') as name,
          current_setting('idle_in_transaction_session_timeout') as idle`,
    )
    expect(row).toEqual({ lock: '3s', idle: '10s', name: 'zerg' })
  })
})

describe('the log', () => {
  test('shows statements at debug with what kind of values they had, and never the values', async () => {
    const { database, lines } = await open({ logLevel: 'debug' })
    const secret = 'kept to myself'
    await database.on(never).run(sql => sql`select ${secret}::text, ${42}::int, ${null}::text`)
    const line = lines.find(({ msg }) => msg === 'sql')
    expect(line).toMatchObject({
      statement: 'select $1::text, $2::int, $3::text',
      parameters: ['text(14)', 'text(2)', 'null'],
    })
    expect(JSON.stringify(lines)).not.toContain(secret)
  })

  test('warns of a statement that took more than a second, saying which', async () => {
    const { database, lines } = await open()
    await sleepFor(database, 1.05)
    expect(lines.find(({ msg }) => msg === 'slow_statement')).toMatchObject({
      level: 40,
      statement: 'select pg_sleep($1)',
    })
  })
})
