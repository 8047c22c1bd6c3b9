// A change that its client sends again is made once, on every database.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Call } from '#lib/call.ts'
import { ANONYMOUS } from '#lib/caller.ts'
import { AppError, isAppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import { keyExpiry } from '#platform/idempotency/expiry.ts'
import { createOnce, type Once } from '#platform/idempotency/once.ts'
import type { Database, Runner } from '#platform/postgres/database.ts'
import { callBy, databases, type OpenedDatabase, openPostgres } from '../../support/databases.ts'
import { rejection, within } from '../../support/eventually.ts'

const ACTION = 'notes.create'

describe.each(databases)('a change under a key, on $name', ({ open }) => {
  let opened: OpenedDatabase
  let database: Database
  let once: Once
  beforeAll(async () => {
    opened = await open()
    database = opened.database
    once = createOnce({ database })
    await addNotes(database)
  }, 60_000)
  afterAll(async () => await opened?.close())

  const write = (call: Call, text: string) =>
    once(call, { action: ACTION, input: { text } }, on => insertNote(on, text))

  test('is made once, and its repetition is answered the same', async () => {
    const key = newId()
    const [first, second] = [callUnder(key), callUnder(key)]
    const made = await write(first, key)
    expect(await write(second, key)).toEqual(made)
    expect([first, second].map(replayed)).toEqual([false, true])
    expect(await countNotes(database, key)).toBe(1)
  })

  test('that fails leaves nothing behind, so that it may be tried again', async () => {
    const key = newId()
    const failing = once(callUnder(key), { action: ACTION, input: { text: key } }, async on => {
      await insertNote(on, key)
      throw new AppError('forbidden', 'Not this one.')
    })
    expect(await rejection(failing)).toMatchObject({ code: 'forbidden' })
    expect(await countNotes(database, key)).toBe(0)
    const call = callUnder(key)
    await write(call, key)
    expect(replayed(call)).toBe(false)
    expect(await countNotes(database, key)).toBe(1)
  })

  test('is refused with another body, and with another action', async () => {
    const key = newId()
    await write(callUnder(key), key)
    const otherBody = rejection(write(callUnder(key), `${key} and more`))
    expect(await otherBody).toMatchObject({ code: 'idempotency_key_reused' })
    const otherAction = once(
      callUnder(key),
      { action: 'notes.remove', input: { text: key } },
      async () => 'done',
    )
    expect(await rejection(otherAction)).toMatchObject({ code: 'idempotency_key_reused' })
    expect(await countNotes(database, key)).toBe(1)
  })

  test('is the same whatever the order of its members', async () => {
    const key = newId()
    const asked = (input: unknown) => once(callUnder(key), { action: ACTION, input }, async () => 1)
    await asked({ a: 1, b: { c: [1, 2], d: null }, e: undefined })
    expect(await asked({ b: { d: null, c: [1, 2] }, a: 1 })).toBe(1)
    const otherOrder = rejection(asked({ a: 1, b: { c: [2, 1], d: null } }))
    expect(await otherOrder).toMatchObject({ code: 'idempotency_key_reused' })
  })

  // A key that somebody else has guessed must tell them nothing.
  test('is another caller’s own business', async () => {
    const key = newId()
    const mine = await write(callUnder(key), key)
    const other = callUnder(key, { id: newId() })
    expect(await write(other, key)).not.toEqual(mine)
    expect(replayed(other)).toBe(false)
    const third = callUnder(key, { id: newId() })
    expect(await write(third, 'another body')).toMatchObject({ text: 'another body' })
  })

  test('is refused from strangers, who would share one set of keys', async () => {
    const call = callUnder(newId(), ANONYMOUS)
    expect(await rejection(write(call, 'x'))).toMatchObject({ code: 'invalid_header' })
  })

  test('is made again once a day has passed, and the old answer is gone', async () => {
    const key = newId()
    const first = await write(callUnder(key), key)
    await age(database, key, '25 hours')
    const call = callUnder(key)
    const second = await write(call, key)
    expect(replayed(call)).toBe(false)
    expect(second).not.toEqual(first)
    expect(await write(callUnder(key), key)).toEqual(second)
  })

  test('is forgotten by the sweep after a day, and not before', async () => {
    const [old, young] = [newId(), newId()]
    for (const key of [old, young]) await write(callUnder(key), key)
    await age(database, old, '24 hours 1 second')
    await age(database, young, '23 hours 59 minutes')
    await keyExpiry({ database }).run(signal())
    expect(await keysAmong(database, [old, young])).toEqual([young])
  })

  test('whose answer is too large to be kept is not made', async () => {
    const key = newId()
    const large = once(callUnder(key), { action: ACTION, input: {} }, async on => {
      await insertNote(on, key)
      return 'ä'.repeat(140_000)
    })
    expect(await rejection(large)).toMatchObject({ code: 'payload_too_large' })
    expect(await countNotes(database, key)).toBe(0)
  })

  test('may have nothing to answer', async () => {
    const key = newId()
    let runs = 0
    const remove = () => once(callUnder(key), { action: ACTION, input: 1 }, async () => void runs++)
    expect([await remove(), await remove(), runs]).toEqual([undefined, undefined, 1])
  })

  test('is made once by 200 at the same time, and all get the same answer', async () => {
    const key = newId()
    const calls = Array.from({ length: 200 }, () => callUnder(key))
    const answers = await Promise.all(calls.map(call => patiently(() => write(call, key))))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(calls.filter(call => !replayed(call)).length).toBe(1)
    expect(await countNotes(database, key)).toBe(1)
  }, 30_000)

  test('costs nothing without a key: no transaction, no row', async () => {
    let transactions = 0
    const watched = createOnce({
      database: {
        ...database,
        transaction: (...given) => (transactions++, database.transaction(...given)),
      },
    })
    const text = newId()
    await watched(callBy(), { action: ACTION, input: {} }, on => insertNote(on, text))
    expect([transactions, await countNotes(database, text)]).toEqual([0, 1])
  })
})

describe('a change under a key that is at work elsewhere', () => {
  test('is refused at once with when to come again, and answered when the first has ended', async () => {
    const { database, close } = await openPostgres()
    await addNotes(database)
    // As two instances would: each has its own function.
    const [here, there] = [createOnce({ database }), createOnce({ database })]
    const key = newId()
    const asked = { action: ACTION, input: { text: key } }
    const [begun, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const first = here(callUnder(key), asked, async on => {
      const note = await insertNote(on, key)
      begun.resolve()
      await gate.promise
      return note
    })
    await within(begun.promise)
    const again = () => there(callUnder(key), asked, on => insertNote(on, key))
    expect(await rejection(again())).toMatchObject({
      code: 'idempotency_in_flight',
      retryAfterS: 1,
    })
    // Nobody else is held up by it.
    const other = callUnder(key, { id: newId() })
    await within(there(other, asked, on => insertNote(on, 'other')))
    gate.resolve()
    const made = await first
    expect(await again()).toEqual(made)
    expect(await countNotes(database, key)).toBe(1)
    await close()
  })
})

const callUnder = (key: string, caller: Parameters<typeof callBy>[0] = {}): Call => ({
  ...callBy(caller),
  idempotency: { key, replayed: false },
})

const replayed = ({ idempotency }: Call) => idempotency?.replayed

const signal = () => AbortSignal.timeout(10_000)

type Note = { id: string; text: string }

async function addNotes(database: Database) {
  await database.on(signal()).run(sql => sql`create table notes (id uuid, text text)`)
}

async function insertNote(on: Runner, text: string): Promise<Note> {
  const id = newId()
  await on.run(sql => sql`insert into notes (id, text) values (${id}, ${text})`)
  return { id, text }
}

async function countNotes(database: Database, text: string): Promise<number> {
  const rows = await database
    .on(signal())
    .run(sql => sql<Note[]>`select id from notes where text = ${text}`)
  return rows.length
}

async function age(database: Database, key: string, by: string) {
  await database
    .on(signal())
    .run(
      sql =>
        sql`update idempotency_keys set created_at = now() - ${by}::interval where key = ${key}`,
    )
}

async function keysAmong(database: Database, keys: readonly string[]): Promise<string[]> {
  const rows = await database
    .on(signal())
    .run(
      sql =>
        sql<
          { key: string }[]
        >`select key from idempotency_keys where key = any(${[...keys]}::text[])`,
    )
  return rows.map(({ key }) => key)
}

/** As a client would: again, for as long as it is told that the first one is under way. */
async function patiently<T>(send: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await send()
    } catch (error) {
      if (!isAppError(error, 'idempotency_in_flight')) throw error
      await Bun.sleep(5)
    }
  }
}
