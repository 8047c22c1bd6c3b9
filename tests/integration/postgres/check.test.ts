import { afterAll, beforeAll, expect, test } from 'bun:test'
import { databaseCheck } from '#platform/postgres/check.ts'
import { rejection } from '../../support/eventually.ts'
import { never, openForTest } from '../../support/open-database.ts'
import { createDatabase, type TestDatabase } from '../../support/postgres.ts'

let made: TestDatabase
beforeAll(async () => {
  made = await createDatabase({ empty: true })
})
afterAll(async () => {
  await made.drop()
})

test('the check of the database passes with the pool’s figures, and fails within its time', async () => {
  const { database } = await openForTest(made.url, { poolMax: 1 })
  const check = databaseCheck(database)
  expect(await check.run(AbortSignal.timeout(2_000))).toBe('postgres')
  expect(check.figures?.()).toEqual({
    max: 1,
    in_use: 0,
    idle: 1,
    waiting: 0,
    timeouts_total: 0,
  })

  const slow = database.on(never).run(sql => sql`select pg_sleep(0.3)`)
  const late = new AbortController()
  const checking = rejection(check.run(late.signal))
  late.abort(new Error('no answer in time'))
  expect(await checking).toMatchObject({ message: 'no answer in time' })
  await slow
  await database.close(500)
})
