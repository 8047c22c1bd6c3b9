// What a client of the embedded database may rely on, over the socket that it is given.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { once } from 'node:events'
import type { Embedded } from '#platform/embedded/index.ts'
import { connectTo, openTestEmbedded } from '../../support/embedded.ts'
import { rejection, within } from '../../support/eventually.ts'

let embedded: Embedded
beforeAll(async () => {
  embedded = await openTestEmbedded()
}, 30_000)
afterAll(() => embedded.close())

describe('a statement', () => {
  test('that fails says why, and the next one works', async () => {
    const sql = connectTo(embedded)
    const error = await rejection(sql`select * from nowhere`)
    expect(error).toMatchObject({ code: '42P01', message: 'relation "nowhere" does not exist' })
    expect(await sql`select 1 as one`).toMatchObject([{ one: 1 }])
    await sql.end()
  })

  test('that names a broken constraint carries its name', async () => {
    const sql = connectTo(embedded)
    await sql`create temp table named (id int constraint named_key primary key)`
    await sql`insert into named values (1)`
    const error = await rejection(sql`insert into named values (1)`)
    expect(error).toMatchObject({ code: '23505', constraint_name: 'named_key' })
    await sql.end()
  })

  test('and its answer may be far larger than a buffer', async () => {
    const sql = connectTo(embedded)
    const long = 'zerg'.repeat(1_000_000)
    const [row] = await sql`select ${long} as long`
    expect(row!['long']).toBe(long)
    const rows = await sql`select g from generate_series(1, 50000) g`
    expect(rows.length).toBe(50_000)
    await sql.end()
  })

  test('waits in line with others sent at once, and each gets its own answer', async () => {
    const sql = connectTo(embedded)
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => sql`select ${n}::int as n`),
    )
    expect(answers.map(([row]) => row!['n'])).toEqual(Array.from({ length: 200 }, (_, n) => n))
    await sql.end()
  })

  test('cannot be cancelled, and asking for it does no harm', async () => {
    const sql = connectTo(embedded)
    await sql`select 1`
    const query = sql`select count(*)::int as n from generate_series(1, 100000)`.execute()
    setImmediate(() => query.cancel())
    expect(await within(query)).toMatchObject([{ n: 100_000 }])
    expect(await within(sql`select 1 as one`)).toMatchObject([{ one: 1 }])
    await sql.end()
  })

  test('leaves room for timers and others, even when one follows the other without a pause', async () => {
    const sql = connectTo(embedded)
    let ticks = 0
    const ticking = setInterval(() => ticks++, 1)
    const filler = 'x'.repeat(2_000)
    for (let n = 0; n < 300; n++) await sql`select ${filler}`
    clearInterval(ticking)
    expect(ticks).toBeGreaterThan(2)
    await sql.end()
  })
})

describe('a transaction', () => {
  test('rolls back as a whole', async () => {
    const sql = connectTo(embedded)
    await sql`create table rolled (id int)`
    const work = sql.begin(async tx => {
      await tx`insert into rolled values (1)`
      throw new Error('changed my mind')
    })
    expect(await rejection(work)).toMatchObject({ message: 'changed my mind' })
    expect(await sql`select * from rolled`).toHaveLength(0)
    await sql`drop table rolled`
    await sql.end()
  })

  test('is never seen or joined by another client: that one waits', async () => {
    const [one, other] = [connectTo(embedded), connectTo(embedded)]
    await one`create table shared (id int)`
    await other`select 1`
    let seen: Promise<unknown[]> | undefined
    await one.begin(async tx => {
      await tx`insert into shared values (1)`
      seen = other`select count(*)::int as n from shared`.execute()
      await Bun.sleep(20)
      await tx`insert into shared values (2)`
    })
    expect(await within(seen!)).toMatchObject([{ n: 2 }])
    await one`drop table shared`
    await Promise.all([one.end(), other.end()])
  })

  test('ends with the client that left in the middle of it', async () => {
    const [leaver, other] = [connectTo(embedded), connectTo(embedded)]
    await other`create table left_behind (id int)`
    await leaver`begin`.simple()
    await leaver`insert into left_behind values (1)`
    const waiting = other`select count(*)::int as n from left_behind`.execute()
    await leaver.end({ timeout: 0 })
    expect(await within(waiting)).toMatchObject([{ n: 0 }])
    await other`drop table left_behind`
    await other.end()
  })
})

describe('a connection', () => {
  test('finds the session as new, whatever the one before has set and prepared', async () => {
    const first = connectTo(embedded, { connection: { application_name: 'first' } })
    await first`set search_path = nowhere`
    await first`create temp table remains (id int)`
    await first.end()
    const second = connectTo(embedded)
    const [row] = await second`
      select current_setting('application_name') as name, current_setting('search_path') as path,
        to_regclass('remains') is null as clean, (select count(*)::int from pg_prepared_statements) as prepared
    `
    expect(row).toMatchObject({ path: '"$user", public', clean: true, prepared: 1 })
    expect(row!['name']).not.toBe('first')
    await second.end()
  })

  test('has the settings that it asked for at its start', async () => {
    const sql = connectTo(embedded, { connection: { TimeZone: 'Asia/Tokyo' } })
    expect(await sql`show timezone`).toMatchObject([{ TimeZone: 'Asia/Tokyo' }])
    await sql.end()
  })

  test('with a setting that does not exist is refused with PostgreSQL’s own words', async () => {
    const sql = connectTo(embedded, { connection: { 'no.such"thing': 'x' } })
    expect(await rejection(sql`select 1`)).toMatchObject({ code: '42602' })
    await sql.end({ timeout: 0 })
  })

  test('that asks for TLS first is told that there is none', async () => {
    const socket = embedded.socket()
    const answer = once(socket, 'data')
    const request = Buffer.alloc(8)
    request.writeUInt32BE(8, 0)
    request.writeUInt32BE(80_877_103, 4)
    socket.write(request)
    expect(String((await within(answer))[0])).toBe('N')
    const closed = once(socket, 'close')
    socket.destroy()
    await within(closed)
  })
})
