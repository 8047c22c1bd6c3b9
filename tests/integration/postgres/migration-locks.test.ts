// A migration beside traffic: whoever waits for a table's lock makes all who come later wait too.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import postgres from 'postgres'
import { eventually, rejection, within } from '../../support/eventually.ts'
import { madeUp, withMigrator } from '../../support/migrations.ts'
import { createDatabase, type TestDatabase } from '../../support/postgres.ts'

const known = [
  madeUp(1, 'create table things (id int); insert into things values (1);'),
  madeUp(2, 'alter table things add column name text;'),
]
let made: TestDatabase
let holder: postgres.Sql
let reader: postgres.Sql

beforeEach(async () => {
  made = await createDatabase({ empty: true })
  await withMigrator(made.url, it => it.up(1), { known })
  const connect = () => postgres(made.url, { max: 1, onnotice: () => undefined })
  holder = connect()
  reader = connect()
  // A long transaction that has read the table, as a report or a dump does.
  await holder.unsafe('begin; select * from things')
  await reader`select 1`
})
afterEach(async () => {
  await Promise.all([holder.end({ timeout: 0 }), reader.end({ timeout: 0 })])
  await made.drop()
})

test('steps aside again and again for a long transaction, lets readers through, and gets its turn', async () => {
  await withMigrator(
    made.url,
    async (migrator, told) => {
      const run = migrator.up()
      const waits: number[] = []
      await eventually(
        async () => {
          const startedMs = performance.now()
          await reader`select * from things`
          waits.push(performance.now() - startedMs)
          expect(told.filter(({ kind }) => kind === 'blocked').length).toBeGreaterThan(2)
        },
        { withinMs: 15_000 },
      )
      // Never longer than one attempt; most of them not at all.
      expect(Math.max(...waits)).toBeLessThan(900)
      expect(waits.toSorted((a, b) => a - b)[Math.floor(waits.length / 2)]).toBeLessThan(100)
      expect(told.find(({ kind }) => kind === 'blocked')).toMatchObject({
        by: expect.stringContaining('idle in transaction'),
      })

      await holder.unsafe('commit')
      const done = await within(run, 10_000)
      expect(done.map(({ version }) => version)).toEqual([2])
    },
    { known },
  )
})

test('gives up in the end, names who is in the way, and has done nothing', async () => {
  const error = await withMigrator(made.url, it => rejection(it.up(), 10_000), {
    known,
    lockWaitMs: 600,
  })
  expect(error).toMatchObject({
    message: expect.stringMatching(/nothing of it was done\. In the way is perhaps session \d+/),
    fix: expect.stringContaining('pg_terminate_backend'),
  })
  const states = await withMigrator(made.url, it => it.status(), { known })
  expect(states.map(({ state }) => state)).toEqual(['applied', 'pending'])
})

test('waits for another process’s run, and says so when that takes too long', async () => {
  const lock = `select pg_advisory_lock(${0x7a_65_72_67}, ${0x6d_69_67_72})`
  await reader.unsafe(lock)
  const error = await withMigrator(made.url, it => rejection(it.up(), 5_000), {
    known,
    turnWaitMs: 300,
  })
  expect(error).toMatchObject({ message: expect.stringContaining('Another process') })
})
