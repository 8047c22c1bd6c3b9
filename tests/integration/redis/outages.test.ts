// A Redis that is not there, comes, freezes, is killed and returns.

import { expect } from 'bun:test'
import { createScript } from '#platform/redis/script.ts'
import { RedisUnavailable } from '#platform/redis/redis.ts'
import { eventually, rejection, within } from '../../support/eventually.ts'
import { type OpenedRedis, openTestRedis } from '../../support/open-redis.ts'
import { freePort } from '../../support/postgres-server.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { testWith } from '../../support/tools.ts'

const test = testWith('redis')
const ECHO = createScript(`return ARGV[1]`)

test('a start without Redis goes on, says why, and uses it once it is there', async () => {
  const port = await freePort()
  const opened = await within(openTestRedis(`redis://:hunter2@127.0.0.1:${port}`))
  const { redis, lines, close } = opened
  expect(redis.isUp()).toBe(false)
  expect(await rejection(redis.run(ECHO, inputOf(opened)))).toBeInstanceOf(RedisUnavailable)
  expect(String(await rejection(redis.ping()))).toContain('Nothing listens')
  expect(lines.filter(({ msg }) => msg === 'redis_lost')).toHaveLength(1)
  expect(JSON.stringify(lines)).not.toContain('hunter2')

  const server = await startRedis({ port, lines: ['requirepass hunter2'] })
  await eventually(() => expect(redis.isUp()).toBe(true), { withinMs: 5_000 })
  expect(lines.filter(({ msg }) => msg === 'redis_back')).toHaveLength(1)
  expect(await redis.run(ECHO, inputOf(opened))).toBe('x')
  await close()
  await server.drop()
}, 20_000)

test('a wrong password is said in words, and never shown', async () => {
  const server = await startRedis({ lines: ['requirepass right-one'] })
  const { redis, lines, close } = await openTestRedis(server.url.replace('//', '//:wrong-one@'))
  expect(redis.isUp()).toBe(false)
  expect(String(await rejection(redis.ping()))).toContain('refuses the password')
  expect(JSON.stringify(lines)).not.toContain('wrong-one')
  await close()
  await server.drop()
})

// Otherwise a crowd of instances would keep a Redis from coming back.
test('whoever is turned away comes back at growing intervals', async () => {
  let visits = 0
  const door = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        visits++
        socket.end()
      },
      data: () => {},
    },
  })
  const { close } = await openTestRedis(`redis://127.0.0.1:${door.port}`)
  const startedAtMs = performance.now()
  await eventually(() => expect(performance.now() - startedAtMs).toBeGreaterThan(3_000))
  await close()
  door.stop(true)
  // Two connections, each after 50, 100, 200 … ms and a part of chance.
  expect(visits).toBeGreaterThan(4)
  expect(visits).toBeLessThan(30)
}, 20_000)

testOn('killed, it is missed at once, asked no more, and found again within 5 s', async on => {
  const { redis, lines } = on.opened
  await on.server.stop()
  await eventually(() => expect(redis.isUp()).toBe(false), { withinMs: 1_000 })
  const askedAtMs = performance.now()
  expect(await rejection(redis.run(ECHO, inputOf(on.opened)))).toBeInstanceOf(RedisUnavailable)
  expect(performance.now() - askedAtMs).toBeLessThan(50)
  await on.server.start()
  await eventually(() => expect(redis.isUp()).toBe(true), { withinMs: 5_000 })
  expect(await redis.run(ECHO, inputOf(on.opened))).toBe('x')
  expect(lines.map(({ msg }) => msg).filter(msg => msg.startsWith('redis_'))).toEqual([
    'redis_lost',
    'redis_back',
  ])
})

testOn(
  'frozen, it is waited for by the first question alone, and found once it thaws',
  async on => {
    const { redis } = on.opened
    on.server.freeze()
    const askedAtMs = performance.now()
    expect(await rejection(redis.run(ECHO, inputOf(on.opened)))).toBeInstanceOf(RedisUnavailable)
    expect(performance.now() - askedAtMs).toBeLessThan(600)
    expect(redis.isUp()).toBe(false)
    // Long enough for the connection itself to be given up.
    const frozenAtMs = performance.now()
    await eventually(() => expect(performance.now() - frozenAtMs).toBeGreaterThan(4_500), {
      withinMs: 6_000,
      everyMs: 100,
    })
    on.server.thaw()
    await eventually(() => expect(redis.isUp()).toBe(true), { withinMs: 5_000 })
    expect(await redis.run(ECHO, inputOf(on.opened))).toBe('x')
  },
)

testOn('many losses in a row fill no log', async on => {
  const { redis, lines } = on.opened
  for (let round = 0; round < 3; round++) {
    await on.server.stop()
    await eventually(() => expect(redis.isUp()).toBe(false))
    await on.server.start()
    await eventually(() => expect(redis.isUp()).toBe(true))
  }
  expect(redis.outages()).toBeGreaterThanOrEqual(3)
  expect(lines.filter(({ msg }) => msg === 'redis_lost')).toHaveLength(1)
})

testOn('a script that Redis has forgotten is sent again', async on => {
  const { redis } = on.opened
  expect(await redis.run(ECHO, inputOf(on.opened))).toBe('x')
  await on.server.stop()
  await on.server.start()
  await eventually(async () => expect(await redis.run(ECHO, inputOf(on.opened))).toBe('x'))
})

testOn('more questions at once than it can answer are refused, not queued', async on => {
  const { redis } = on.opened
  const asked = Array.from({ length: 1_500 }, () => redis.run(ECHO, inputOf(on.opened)))
  const outcomes = await Promise.allSettled(asked)
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  expect(refused.length).toBe(500)
  expect(redis.isUp()).toBe(true)
})

const inputOf = ({ prefix }: OpenedRedis) => ({ key: `${prefix}:test`, args: ['x'] })

type On = { server: RedisServer; opened: OpenedRedis }

/** A test on a Redis of its own, opened by one instance. */
function testOn(name: string, work: (on: On) => Promise<void>) {
  test(
    name,
    async () => {
      const server = await startRedis()
      const opened = await openTestRedis(server.url)
      try {
        expect(opened.redis.isUp()).toBe(true)
        await work({ server, opened })
      } finally {
        await opened.close()
        await server.drop()
      }
    },
    30_000,
  )
}
