// What one instance ends is ended on every other: within seconds where the bus is gone, at once where
// it is there. An instance that cannot follow relies on nothing that it has looked up.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { pino } from 'pino'
import { createRevocations } from '#features/auth/revocations.ts'
import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/id.ts'
import { AppError } from '#lib/errors.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import type { Database } from '#platform/postgres/database.ts'
import { type Bus, createLocalBus } from '#platform/redis/bus.ts'
import { openPostgres, type OpenedDatabase } from '../../support/databases.ts'
import { eventually } from '../../support/eventually.ts'
import { insertPerson, type Instance, openInstance } from '../../support/auth-instances.ts'

let opened: OpenedDatabase
let here: Instance
let there: Instance
beforeAll(async () => {
  opened = await openPostgres()
  here = await openInstance(opened.database, { bus: silent })
  there = await openInstance(opened.database, { bus: silent })
}, 60_000)
afterAll(async () => {
  await here?.close()
  await there?.close()
  await opened?.close()
})

// Redis is gone: nothing is brought from one instance to the other.
const silent: Bus = { publish: () => undefined, subscribe: () => () => undefined }

const signedIn = async () => {
  const person = await insertPerson(opened.database)
  const { body } = await here.login(person.email)
  const token: string = body.access_token
  expect((await there.send('GET /api/v1/me', { token })).status).toBe(200)
  return { ...person, token, sessionId: body.session_id as string }
}
const admin = async () => {
  const person = await insertPerson(opened.database, { roles: ['admin'] })
  return (await here.login(person.email)).body.access_token as string
}
const refusedThere = (token: string) =>
  eventually(
    async () => {
      const { status } = await there.send('GET /api/v1/me', { token })
      expect(status).toBe(401)
    },
    { withinMs: 5_000, everyMs: 50 },
  )

describe('without a bus, within five seconds on another instance', () => {
  test('a session that was signed out lets nobody in', async () => {
    const { token } = await signedIn()
    await here.send('POST /api/v1/auth/logout', { token })
    expect((await here.send('GET /api/v1/me', { token })).status).toBe(401)
    await refusedThere(token)
  })

  test('a user who was disabled, or removed, is nobody', async () => {
    const [disabled, removed, token] = [await signedIn(), await signedIn(), await admin()]
    await here.send(`PATCH /api/v1/users/${disabled.id}`, { token, body: { is_active: false } })
    await here.send(`DELETE /api/v1/users/${removed.id}`, { token })
    await refusedThere(disabled.token)
    await refusedThere(removed.token)
  })

  test('a role that was taken away is gone, for the very same token', async () => {
    const person = await insertPerson(opened.database, { roles: ['auditor'] })
    const { body } = await here.login(person.email)
    const list = () => there.send('GET /api/v1/users?limit=5', { token: body.access_token })
    expect((await list()).body.data.length).toBeGreaterThan(1)
    const path = `PATCH /api/v1/users/${person.id}`
    await here.send(path, { token: await admin(), body: { roles: ['user'] } })
    await eventually(async () => expect((await list()).body.data).toHaveLength(1))
  })

  test('another password ends what was signed in before', async () => {
    const { id, token } = await signedIn()
    const password = 'seven green lanterns'
    await here.send(`PATCH /api/v1/users/${id}`, { token: await admin(), body: { password } })
    await refusedThere(token)
  })
})

describe('the follower', () => {
  const setup = (
    given: { database?: Pick<Database, 'on'>; bus?: Bus; nowMs?: () => number } = {},
  ) => {
    const clock = { ...systemClock, ...(given.nowMs && { elapsedMs: given.nowMs }) }
    const log = pino({ level: 'silent' })
    const revocations = createRevocations({
      database: given.database ?? opened.database,
      bus: given.bus ?? silent,
      clock,
      log,
      metrics: createMetrics(),
      everyMs: 20,
    })
    const heard: string[] = []
    revocations.onRevoked('session', id => heard.push(id))
    return { revocations, heard }
  }
  const start = async ({ revocations }: ReturnType<typeof setup>) =>
    await revocations.follower.start(AbortSignal.timeout(5_000))

  test('hears of what was committed long after it was written', async () => {
    const it = setup()
    const following = await start(it)
    const [slow, quick] = [newId(), newId()]
    const signal = AbortSignal.timeout(10_000)
    const teller = setup().revocations
    await opened.database.transaction(signal, async tx => {
      await teller.tell(tx, 'session', slow)
      await teller.tell(opened.database.on(signal), 'session', quick)
      await eventually(() => expect(it.heard).toContain(quick))
      expect(it.heard).not.toContain(slow)
    })
    await eventually(() => expect(it.heard).toContain(slow))
    expect(it.heard.filter(id => id === slow)).toHaveLength(1)
    await following.close()
  })

  test('says nothing of what was rolled back', async () => {
    const it = setup()
    const following = await start(it)
    const [undone, done] = [newId(), newId()]
    const signal = AbortSignal.timeout(10_000)
    const teller = setup().revocations
    await opened.database
      .transaction(signal, async tx => {
        await teller.tell(tx, 'session', undone)
        throw new Error('undone')
      })
      .catch(() => undefined)
    await teller.tell(opened.database.on(signal), 'session', done)
    await eventually(() => expect(it.heard).toContain(done))
    expect(it.heard).not.toContain(undone)
    await following.close()
  })

  test('is told at once by the bus, and ignores what it does not understand', async () => {
    const bus = createLocalBus({ log: pino({ level: 'silent' }) })
    const it = setup({ bus })
    const following = await start(it)
    const id = newId()
    bus.publish('revocations', 'nonsense')
    bus.publish('revocations', `session ${id}`)
    await eventually(() => expect(it.heard).toEqual([id]), { withinMs: 500 })
    await following.close()
  })

  test('says when it has not looked for four seconds, and when it has again', async () => {
    let isDown = false
    let nowMs = 0
    const database: Pick<Database, 'on'> = {
      on: signal => {
        if (!isDown) return opened.database.on(signal)
        const run = () => Promise.reject(new AppError('database_unavailable', 'It is gone.'))
        return { run }
      },
    }
    const it = setup({ database, nowMs: () => nowMs })
    expect(it.revocations.isFollowing()).toBe(false)
    const following = await start(it)
    expect(it.revocations.isFollowing()).toBe(true)
    isDown = true
    nowMs = 3_900
    expect(it.revocations.isFollowing()).toBe(true)
    nowMs = 4_100
    await eventually(() => expect(it.revocations.isFollowing()).toBe(false))
    isDown = false
    await eventually(() => expect(it.revocations.isFollowing()).toBe(true))
    await following.close()
  })
})
