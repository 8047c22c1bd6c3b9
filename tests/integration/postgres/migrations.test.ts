// The migrations themselves, on every PostgreSQL that is here.

import { afterEach, describe, expect, test } from 'bun:test'
import { requireSchema } from '#platform/postgres/migrate/require-schema.ts'
import { migrations } from '#platform/postgres/migrations/index.ts'
import { rejection, within } from '../../support/eventually.ts'
import { describeSchema, madeUp, withMigrator } from '../../support/migrations.ts'
import { never, openForTest } from '../../support/open-database.ts'
import {
  createDatabase,
  postgresVersions,
  type TestDatabase,
  withSql,
} from '../../support/postgres.ts'

const made: TestDatabase[] = []
afterEach(async () => {
  await Promise.all(made.splice(0).map(database => database.drop()))
})

for (const version of postgresVersions)
  describe(`on PostgreSQL ${version}`, () => {
    const empty = async () => {
      const database = await createDatabase({ version, empty: true })
      made.push(database)
      return database
    }

    test('ten processes at once apply each migration once, and all succeed', async () => {
      const { url } = await empty()
      const runs = await within(
        Promise.all(Array.from({ length: 10 }, () => withMigrator(url, it => it.up()))),
        20_000,
      )
      const applied = runs.flat().map(({ version }) => version)
      expect(applied.toSorted((a, b) => a - b)).toEqual(migrations.map(({ version }) => version))
      // One process did all of it: the others came to a finished schema.
      expect(runs.filter(run => run.length > 0).length).toBe(1)
    })

    test('every migration can be taken back, and applied again to the same schema', async () => {
      const { url } = await empty()
      const before: string[][] = []
      for (const { version } of migrations) {
        before.push(await withSql(url, describeSchema))
        await withMigrator(url, it => it.up(version))
      }
      const whole = await withSql(url, describeSchema)
      for (const { version } of migrations.toReversed()) {
        const undone = await withMigrator(url, it => it.down(version - 1))
        expect(undone.map(({ version }) => version)).toEqual([version])
        const left = (await withSql(url, describeSchema)).filter(
          line => !/zerg_migrations/.test(line),
        )
        expect(left).toEqual(before.pop()!.filter(line => !/zerg_migrations/.test(line)))
      }
      await withMigrator(url, it => it.up())
      expect(await withSql(url, describeSchema)).toEqual(whole)
    })
  })

describe('a run of migrations', () => {
  const empty = async () => {
    const database = await createDatabase({ empty: true })
    made.push(database)
    return database
  }

  test('without a version takes back the latest alone', async () => {
    const { url } = await empty()
    await withMigrator(url, it => it.up())
    const undone = await withMigrator(url, it => it.down())
    expect(undone.map(({ version }) => version)).toEqual([migrations.at(-1)!.version])
  })

  test('leaves nothing of a migration that fails, and says which and why', async () => {
    const { url } = await empty()
    const known = [
      madeUp(1, 'create table kept (id int)'),
      madeUp(2, 'create table half (id int); select 1 / 0;'),
    ]
    const error = await withMigrator(url, it => rejection(it.up()), { known })
    expect(error).toMatchObject({
      message: 'Migration 2 (made_up_2) failed, and nothing of it was done: division by zero.',
    })
    const states = await withMigrator(url, it => it.status(), { known })
    expect(states.map(({ state }) => state)).toEqual(['applied', 'pending'])
    expect((await withSql(url, describeSchema)).filter(line => line.includes('half'))).toEqual([])
  })

  test('refuses to go on over a migration that was edited, and names it', async () => {
    const { url } = await empty()
    const known = [madeUp(1, 'create table a (id int);'), madeUp(2, 'create table b (id int);')]
    await withMigrator(url, it => it.up(1), { known })
    const edited = [madeUp(1, 'create table a (id bigint);'), known[1]!]
    const error = await withMigrator(url, it => rejection(it.up()), { known: edited })
    expect(error).toMatchObject({ message: expect.stringContaining('1 (made_up_1)') })
    const states = await withMigrator(url, it => it.status(), { known: edited })
    expect(states.map(({ state }) => state)).toEqual(['changed', 'pending'])
  })

  test('does not mind line ends', async () => {
    const { url } = await empty()
    await withMigrator(url, it => it.up(), { known: [madeUp(1, 'select 1;\nselect 2;\n')] })
    const windows = [madeUp(1, 'select 1;\r\nselect 2;\r\n')]
    const [state] = await withMigrator(url, it => it.status(), { known: windows })
    expect(state).toMatchObject({ state: 'applied' })
  })

  test('accepts what a newer Zerg has applied, and does not take it back', async () => {
    const { url } = await empty()
    const newer = [...migrations, madeUp(99, 'create table later (id int);')]
    await withMigrator(url, it => it.up(), { known: newer })
    expect(await withMigrator(url, it => it.up())).toEqual([])
    const states = await withMigrator(url, it => it.status())
    expect(states.at(-1)).toMatchObject({ version: 99, state: 'unknown' })
    const error = await withMigrator(url, it => rejection(it.down()))
    expect(error).toMatchObject({ message: expect.stringContaining('99 (made_up_99)') })
  })

  test('builds an index concurrently where its first line says so', async () => {
    const { url } = await empty()
    const up = `-- zerg: no-transaction
      -- Comments may stand anywhere; this one has a semicolon;
      drop index concurrently if exists things_id_idx;
      create index concurrently things_id_idx on things (id);`
    const known = [madeUp(1, 'create table things (id int);'), madeUp(2, up)]
    const done = await withMigrator(url, it => it.up(), { known })
    expect(done.map(({ version }) => version)).toEqual([1, 2])
    expect((await withSql(url, describeSchema)).join('\n')).toContain('things_id_idx')
  })

  test('says from time to time that a long one still runs', async () => {
    const { url } = await empty()
    const told = await withMigrator(url, async (it, told) => (await it.up(), told), {
      known: [madeUp(1, 'select pg_sleep(0.2);')],
      tellEveryMs: 40,
    })
    const kinds = told.map(({ kind }) => kind)
    expect(kinds[0]).toBe('started')
    expect(kinds.slice(1, -1)).toContain('running')
    expect(kinds.at(-1)).toBe('done')
  })

  test('tells what it would do without doing it', async () => {
    const { url } = await empty()
    const planned = await withMigrator(url, it => it.planUp())
    expect(planned.map(({ sql }) => sql)).toEqual(migrations.map(({ up }) => up))
    expect(await withSql(url, describeSchema)).toEqual([])
  })
})

describe('a start', () => {
  test('refuses a schema that is too old with the command, and accepts a newer one', async () => {
    const database = await createDatabase({ empty: true })
    made.push(database)
    const opened = await openForTest(database.url)
    const check = () => requireSchema(opened.database, never)

    expect(await rejection(check())).toMatchObject({
      message: 'The database has no tables of Zerg yet.',
      fix: expect.stringContaining('zerg migrate up'),
    })
    await withMigrator(database.url, it => it.up(1))
    expect(await rejection(check())).toMatchObject({
      message: expect.stringContaining('2 (projects)'),
    })
    const newer = [...migrations, madeUp(99, 'select 1;')]
    await withMigrator(database.url, it => it.up(), { known: newer })
    await check()
    await opened.database.close(100)
  })
})
