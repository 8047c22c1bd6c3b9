// The embedded database as the rest of Zerg has it: behind a Database, migrated like any other.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createMigrator } from '#platform/postgres/migrate/migrator.ts'
import { migrations } from '#platform/postgres/migrations/index.ts'
import { open } from '../../support/databases.ts'
import { connectTo, makeFolder, openTestEmbedded } from '../../support/embedded.ts'
import { eventually, rejection, within } from '../../support/eventually.ts'

let folder: Awaited<ReturnType<typeof makeFolder>>
beforeEach(async () => {
  folder = await makeFolder()
})
afterEach(() => folder.remove())

const soon = () => AbortSignal.timeout(10_000)

describe('a PostgreSQL that ended', () => {
  test('is told of at once, and comes back by itself with what was kept', async () => {
    const embedded = await openTestEmbedded({ dataDir: folder.path, ephemeral: false })
    const database = await open({ socket: embedded.socket })
    await database.on(soon()).run(sql => sql`create table kept (id int)`)
    await database.on(soon()).run(sql => sql`insert into kept values (1)`)

    // The one limit that ends the session, which here is the whole PostgreSQL.
    const ending = database.transaction(soon(), async tx => {
      await tx.run(sql => sql`insert into kept values (2)`)
      await tx.run(sql => sql`set local idle_in_transaction_session_timeout = 20`)
      await Bun.sleep(60)
      await tx.run(sql => sql`select 1`)
    })
    expect(await rejection(ending)).toMatchObject({ code: 'database_unavailable' })
    const rows = await eventually(() =>
      database.on(soon()).run(sql => sql<{ id: number }[]>`select id from kept`),
    )
    expect(rows.map(({ id }) => id)).toEqual([1])
    await database.close(1_000)
    await embedded.close()
  }, 40_000)
})

describe('a call whose signal aborts', () => {
  test('is answered at the latest when its statement has ended, and its connection serves the next', async () => {
    const embedded = await openTestEmbedded()
    const database = await open({ socket: embedded.socket })
    const hangUp = new AbortController()
    const reason = new Error('gone')
    const slow = database
      .on(hangUp.signal)
      .run(sql => sql`select count(*) from generate_series(1, 300000)`)
    hangUp.abort(reason)
    // The statement cannot be cancelled: it may have come to its end before anybody could look.
    const outcome: Promise<unknown> = slow.then(
      () => 'ended',
      (error: unknown) => error,
    )
    const either: unknown[] = ['ended', reason]
    expect(either).toContain(await within(outcome, 10_000))
    const next = database.on(soon()).run(sql => sql<{ one: number }[]>`select 1 as one`)
    expect(await within(next, 5_000)).toMatchObject([{ one: 1 }])
    await database.close(1_000)
    await embedded.close()
  }, 40_000)
})

describe('migrations', () => {
  test('are all in a new database, in the ledger too', async () => {
    const embedded = await openTestEmbedded()
    const sql = connectTo(embedded)
    const states = await createMigrator({ sql }).status()
    expect(states.map(({ state }) => state)).toEqual(migrations.map(() => 'applied'))
    await sql.end()
    await embedded.close()
  }, 40_000)

  test('that a newer executable brings are applied to older data, and can be taken back', async () => {
    const given = { dataDir: folder.path, ephemeral: false }
    const older = await openTestEmbedded(given)
    const before = connectTo(older)
    await createMigrator({ sql: before }).down(0)
    expect(await before`select to_regclass('tasks') as tasks`).toMatchObject([{ tasks: null }])
    await before.end()
    await older.close()

    const newer = await openTestEmbedded(given)
    const after = connectTo(newer)
    const done = await createMigrator({ sql: after }).up()
    expect(done.map(({ version }) => version)).toEqual(migrations.map(({ version }) => version))
    await after.end()
    await newer.close()
  }, 60_000)
})
