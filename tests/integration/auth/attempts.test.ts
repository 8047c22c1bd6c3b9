// How fast passwords may be guessed, on whichever instance: accounts and networks are slowed down,
// and nobody is locked out for good.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import type { Database } from '#platform/postgres/database.ts'
import { databases, type OpenedDatabase } from '../../support/databases.ts'
import { insertPerson, type Instance, openInstance } from '../../support/auth-instances.ts'

describe.each(databases)('on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database
  let zerg: Instance
  beforeAll(async () => {
    opened = await open()
    database = opened.database
    zerg = await openInstance(database)
  }, 60_000)
  afterAll(async () => {
    await zerg?.close()
    await opened?.close()
  })

  let places = 0
  const place = () => `198.51.100.${++places}`
  const fail = (email: string, address: string, by = zerg) =>
    by.login(email, { password: 'not the password', address })
  const failTimes = async (times: number, email: string) => {
    const answers = []
    for (let at = 0; at < times; at++) answers.push(await fail(email, place()))
    return answers
  }

  test('after five failures from wherever an account has to wait, whether there is one or not', async () => {
    const { email } = await insertPerson(database)
    for (const address of [email, `nobody-${newId()}@example.com`]) {
      const answers = await failTimes(7, address)
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401, 429])
      const last = answers.at(-1)!
      expect(last.body.code).toBe('sign_in_slowed')
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    }
  })

  test('the right password is not looked at while an account waits, on another instance either', async () => {
    const other = await openInstance(database)
    try {
      const { email } = await insertPerson(database)
      await failTimes(6, email)
      for (const instance of [zerg, other])
        expect((await instance.login(email, { address: place() })).status).toBe(429)
    } finally {
      await other.close()
    }
  })

  test('waits grow, to five minutes and no longer, and are forgotten after an hour', async () => {
    const { email } = await insertPerson(database)
    await failTimes(6, email)
    const waits: number[] = []
    for (let at = 0; at < 12; at++) {
      await overNow(database)
      await fail(email, place())
      const refused = await fail(email, place())
      waits.push(Number(refused.headers.get('retry-after')))
    }
    expect(waits[0]).toBeGreaterThanOrEqual(1)
    expect(waits.at(-1)).toBeGreaterThan(290)
    expect(Math.max(...waits)).toBeLessThanOrEqual(300)
    await run(database, `update sign_in_failures set failed_at = now() - interval '61 minutes'`)
    await overNow(database)
    const answers = await failTimes(6, email)
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401])
  }, 60_000)

  test('who has signed in from a network before is not slowed down by strangers elsewhere', async () => {
    const { email } = await insertPerson(database)
    const home = place()
    expect((await zerg.login(email, { address: home })).status).toBe(200)
    await failTimes(7, email)
    expect((await zerg.login(email, { address: place() })).status).toBe(429)
    expect((await zerg.login(email, { address: home })).status).toBe(200)
  })

  test('a session that exists goes on while its account waits', async () => {
    const { email } = await insertPerson(database)
    const { body } = await zerg.login(email, { address: place() })
    await failTimes(7, email)
    const { refresh_token, access_token: token } = body
    const again = await zerg.send('POST /api/v1/auth/refresh', { body: { refresh_token } })
    expect(again.status).toBe(200)
    expect((await zerg.send('GET /api/v1/me', { token })).status).toBe(200)
  })

  test('a success forgets the failures of its account', async () => {
    const { email } = await insertPerson(database)
    for (let round = 0; round < 3; round++) {
      await failTimes(4, email)
      expect((await zerg.login(email, { address: place() })).status).toBe(200)
    }
  })

  test('many at the same moment get no further than one after the other', async () => {
    const { email } = await insertPerson(database)
    const answers = await Promise.all(Array.from({ length: 20 }, () => fail(email, place())))
    const looked = answers.filter(({ status }) => status === 401)
    expect(looked.length).toBeLessThanOrEqual(6)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20 - looked.length)
  })

  test('a network that tries many accounts is slowed down, an IPv6 one as a whole', async () => {
    await run(database, 'delete from sign_in_failures')
    const from = (at: number) => `2001:db8:1:2:${at.toString(16)}::1`
    const statuses: number[] = []
    for (let at = 1; at <= 52; at++)
      statuses.push((await fail(`nobody-${newId()}@example.com`, from(at))).status)
    expect(statuses.slice(0, 51).every(status => status === 401)).toBe(true)
    expect(statuses.at(-1)).toBe(429)
    const { email } = await insertPerson(database)
    expect((await zerg.login(email, { address: from(999) })).status).toBe(429)
    expect((await zerg.login(email, { address: '2001:db8:1:3::1' })).status).toBe(200)
  }, 60_000)

  test('the password of somebody whose device was found is guessed no faster', async () => {
    const { email } = await insertPerson(database)
    const { body } = await zerg.login(email, { address: place() })
    const statuses = []
    for (let at = 0; at < 7; at++) {
      const given = { current_password: 'not the password', new_password: 'seven green lanterns' }
      const of = { token: body.access_token, body: given, address: place() }
      statuses.push((await zerg.send('POST /api/v1/me/password', of)).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429])
  })

  test('the table tells nobody who was tried, and loses what is of no consequence', async () => {
    const email = `nobody-${newId()}@example.com`
    await fail(email, '203.0.113.77')
    const text = JSON.stringify(await run(database, 'select * from sign_in_failures'))
    expect(text).not.toContain(email)
    expect(text).not.toContain('203.0.113.77')
    await run(database, `update sign_in_failures set failed_at = now() - interval '2 hours'`)
    await zerg.auth.upkeep.run(AbortSignal.timeout(5_000))
    expect(await run(database, 'select * from sign_in_failures')).toEqual([])
  })
})

// The wait is over.
const overNow = (database: Database) =>
  run(database, 'update sign_in_failures set waits_until = now()')

const run = async (database: Database, text: string) => [
  ...(await database.on(AbortSignal.timeout(10_000)).run(sql => sql.unsafe<object[]>(text))),
]
