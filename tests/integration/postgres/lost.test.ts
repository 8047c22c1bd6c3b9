// Losing PostgreSQL: at once for callers, and found again without a restart. A server of its own.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'bun:test'
import { isAppError } from '#lib/errors.ts'
import type { Database } from '#platform/postgres/database.ts'
import { eventually, rejection, within } from '../../support/eventually.ts'
import { type LogLine, never, openForTest } from '../../support/open-database.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'

let server: PostgresServer
let database: Database
let lines: LogLine[]
let metricsText: () => Promise<string>

beforeAll(async () => {
  server = await startPostgres()
})
beforeEach(async () => {
  const opened = await openForTest(server.url(), { acquireTimeoutMs: 300, connectTimeoutMs: 500 })
  ;({ database, lines } = opened)
  metricsText = () => opened.metrics.registry.metrics()
})
afterEach(async () => {
  await database.close(100)
})
afterAll(async () => {
  await server.drop()
})

const ask = (signal = never) => database.on(signal).run(sql => sql`select 1 as one`)
const logged = (name: string) => lines.filter(({ msg }) => msg === name)

async function timed(work: Promise<unknown>) {
  const startedMs = performance.now()
  const error = await rejection(work)
  return { error, tookMs: performance.now() - startedMs }
}

test('a killed server is answered with 503 at once, and used again as soon as it is back', async () => {
  await server.stop('kill')
  const first = await timed(ask())
  expect(isAppError(first.error, 'database_unavailable')).toBe(true)
  expect(first.tookMs).toBeLessThan(300)

  await eventually(() => expect(logged('database_lost').length).toBe(1), { withinMs: 1_000 })
  for (let round = 0; round < 20; round++) {
    const { error, tookMs } = await timed(ask())
    expect(error).toMatchObject({ code: 'database_unavailable', retryAfterS: 1 })
    expect(tookMs).toBeLessThan(50)
  }
  expect(await metricsText()).toContain('zerg_database_up 0')
  const begun = await timed(database.transaction(never, async () => undefined))
  expect(begun.error).toMatchObject({ code: 'database_unavailable' })

  await server.start()
  const backAtMs = performance.now()
  await eventually(ask, { withinMs: 5_000 })
  expect(performance.now() - backAtMs).toBeLessThan(1_500)
  await eventually(() => expect(database.figures()).toMatchObject({ idle: 4, inUse: 0 }))
  expect(await metricsText()).toContain('zerg_database_up 1')
  expect(logged('database_lost').length).toBe(1)
  expect(logged('database_back').length).toBe(1)
})

test('statements under way when the server is killed are answered, not left hanging', async () => {
  const slow = [1, 2, 3].map(() =>
    rejection(database.on(never).run(sql => sql`select pg_sleep(30)`)),
  )
  await eventually(() => expect(database.figures().inUse).toBe(3))
  await server.stop('kill')
  for (const error of await within(Promise.all(slow), 2_000))
    expect(isAppError(error, 'database_unavailable')).toBe(true)
  await server.start()
  await eventually(ask)
})

test('a restarted server is only a moment’s trouble', async () => {
  await server.stop('fast')
  await server.start()
  await eventually(ask, { withinMs: 2_000 })
})

// Nothing is refused and nothing is closed: only deadlines tell that nobody is there.
test('a frozen server holds no call beyond its deadline, and is then lost like a dead one', async () => {
  server.freeze()
  try {
    const deadline = AbortSignal.timeout(200)
    const { tookMs } = await timed(ask(deadline))
    expect(tookMs).toBeLessThan(400)

    // The rest of the pool hangs; whoever waits for it is refused within the acquire timeout.
    const hanging = new AbortController()
    const all = [1, 2, 3, 4].map(() => rejection(ask(hanging.signal)))
    const waiting = await timed(ask())
    expect(waiting.error).toMatchObject({ code: expect.stringMatching(/^database_/) })
    expect(waiting.tookMs).toBeLessThan(800)

    await eventually(() => expect(logged('database_lost').length).toBe(1), { withinMs: 3_000 })
    const lost = await timed(ask())
    expect(lost.error).toMatchObject({ code: 'database_unavailable' })
    expect(lost.tookMs).toBeLessThan(50)
    hanging.abort(new Error('gone'))
    await within(Promise.all(all), 1_000)
  } finally {
    server.thaw()
  }
  await eventually(ask, { withinMs: 3_000 })
  await eventually(() => expect(database.figures()).toMatchObject({ idle: 4, inUse: 0 }))
})

test('calls that wait out a frozen server are answered when it goes on, and so is everybody else', async () => {
  server.freeze()
  const patient = [1, 2, 3, 4].map(() => ask())
  try {
    await rejection(ask())
    await eventually(() => expect(logged('database_lost').length).toBe(1), { withinMs: 3_000 })
  } finally {
    server.thaw()
  }
  await within(Promise.all(patient), 2_000)
  await eventually(() => expect(logged('database_back').length).toBe(1), { withinMs: 3_000 })
  await Promise.all(Array.from({ length: 20 }, () => ask()))
  expect(database.figures()).toMatchObject({ idle: 4, inUse: 0 })
})

test('health notices a frozen server even when nobody else asks', async () => {
  server.freeze()
  try {
    await rejection(database.ping(AbortSignal.timeout(100)))
    await eventually(() => expect(logged('database_lost').length).toBe(1), { withinMs: 3_000 })
  } finally {
    server.thaw()
  }
  await eventually(ask, { withinMs: 3_000 })
})

test('closing does not wait for a server that does not answer', async () => {
  server.freeze()
  try {
    const hanging = rejection(ask())
    const { cut } = await within(database.close(100), 1_500)
    expect(cut).toBe(1)
    await hanging
  } finally {
    server.thaw()
  }
})

test('a server that takes fewer connections than the pool wants serves with those it has', async () => {
  const other = await startPostgres({ settings: { max_connections: '6' } })
  try {
    const { database, lines } = await openForTest(other.url('postgres'), { poolMax: 20 })
    await Promise.all(
      Array.from({ length: 12 }, () => database.on(never).run(sql => sql`select 1`)),
    )
    expect(lines.map(({ msg }) => msg)).toContain('database_connection_refused')
    expect(lines.map(({ msg }) => msg)).not.toContain('database_lost')
    await database.close(500)
  } finally {
    await other.drop()
  }
})
