import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { AppError } from '#lib/errors.ts'
import type { Database, Tx } from '#platform/postgres/database.ts'
import { onConstraint } from '#platform/postgres/errors.ts'
import { rejection } from '../../support/eventually.ts'
import { never, openForTest } from '../../support/open-database.ts'
import { createDatabase, type TestDatabase } from '../../support/postgres.ts'

let made: TestDatabase
let database: Database

beforeAll(async () => {
  made = await createDatabase({ empty: true })
  ;({ database } = await openForTest(made.url, { poolMax: 2, lockTimeoutMs: 200 }))
  await database
    .on(never)
    .run(sql => sql`create table notes (id int constraint notes_pkey primary key)`)
})
beforeEach(async () => {
  await database.on(never).run(sql => sql`truncate notes`)
})
afterAll(async () => {
  await database.close(100)
  await made.drop()
})

const insert = (tx: Tx, id: number) => tx.run(sql => sql`insert into notes values (${id})`)
const ids = async () =>
  (
    await database.on(never).run(sql => sql<{ id: number }[]>`select id from notes order by id`)
  ).map(({ id }) => id)

test('what a transaction did stays when its work resolves', async () => {
  const result = await database.transaction(never, async tx => {
    await insert(tx, 1)
    await insert(tx, 2)
    return 'done'
  })
  expect(result).toBe('done')
  expect(await ids()).toEqual([1, 2])
})

test('nothing of it stays when its work rejects, and the error is the work’s own', async () => {
  const error = await rejection(
    database.transaction(never, async tx => {
      await insert(tx, 1)
      throw new AppError('forbidden', 'Not this one.')
    }),
  )
  expect(error).toMatchObject({ code: 'forbidden' })
  expect(await ids()).toEqual([])
})

test('a broken constraint gets the name that the domain gives it', async () => {
  const error = await rejection(
    database.transaction(never, async tx => {
      await insert(tx, 1)
      await insert(tx, 1).catch(
        onConstraint({ notes_pkey: () => new AppError('project_name_taken', 'Taken.') }),
      )
    }),
  )
  expect(error).toMatchObject({ code: 'project_name_taken' })
})

// PostgreSQL answers such a commit with a quiet rollback: the caller would believe in a write.
test('work that goes on after a failed statement is not taken for committed', async () => {
  const error = await rejection(
    database.transaction(never, async tx => {
      await insert(tx, 1)
      await insert(tx, 1).catch(() => undefined)
    }),
  )
  expect(error).toMatchObject({ code: 'internal' })
  expect(await ids()).toEqual([])
})

test('a statement that comes after its transaction has ended is refused', async () => {
  let kept: Tx | undefined
  await database.transaction(never, async tx => {
    kept = tx
  })
  expect(await rejection(insert(kept!, 1))).toMatchObject({ code: 'internal' })
  expect(await ids()).toEqual([])
})

test('statements side by side in one transaction all take part', async () => {
  await database.transaction(never, async tx => {
    await Promise.all([1, 2, 3].map(id => insert(tx, id)))
  })
  expect(await ids()).toEqual([1, 2, 3])
})

test('a lock that does not come free in time is answered as busy', async () => {
  await database.transaction(never, async first => {
    await insert(first, 1)
    const error = await rejection(database.transaction(never, second => insert(second, 1)))
    expect(error).toMatchObject({ code: 'database_busy' })
  })
})
