// The same on every kind of Redis: a script runs, instances see each other, a message arrives.

import { describe, expect } from 'bun:test'
import { createScript } from '#platform/redis/script.ts'
import { busContract } from '../../support/contracts/bus.ts'
import { makeCertificates } from '../../support/certificates.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { openTestRedis } from '../../support/open-redis.ts'
import { startCluster, startRedis, startSentinels, withRedis } from '../../support/redis.ts'
import { findTool, testWith } from '../../support/tools.ts'

const test = testWith('redis')
const isHere = findTool('redis') !== undefined || process.env['CI'] === 'true'
const COUNT = createScript(`return redis.call('INCR', KEYS[1])`)

type Kind = {
  name: string
  start(): Promise<{ url: string; settings?: Record<string, string>; drop(): Promise<void> }>
}

// What the documentation asks an operator to allow, and nothing more.
const RIGHTS = (prefix: string) =>
  `on >Xq7-random ~${prefix}* &${prefix}* -@all +eval +evalsha +get +set +del +incr +zadd +zrem +zcard +zremrangebyscore +pexpire +time +ping +publish +subscribe +unsubscribe +hello +select +client|setname`

const KINDS: readonly Kind[] = [
  { name: 'a single Redis', start: () => startRedis() },
  {
    name: 'a user with few rights, in a numbered database',
    async start() {
      const server = await startRedis({ lines: [`user zerg ${RIGHTS('zerg-test-')}`] })
      return { url: `redis://zerg:Xq7-random@127.0.0.1:${server.port}/3`, drop: server.drop }
    },
  },
  {
    name: 'TLS by an authority of one’s own',
    async start() {
      const certificates = makeCertificates('IP:127.0.0.1')
      const server = await startRedis({ tls: certificates })
      return {
        url: `rediss://127.0.0.1:${server.port}`,
        settings: { ZERG_REDIS_TLS_CA: certificates.ca },
        drop: async () => {
          await server.drop()
          certificates.drop()
        },
      }
    },
  },
  {
    name: 'Sentinels',
    async start() {
      const { url, drop } = await startSentinels()
      return { url, settings: { ZERG_REDIS_SENTINEL_MASTER: 'main' }, drop }
    },
  },
  {
    name: 'a Cluster of three',
    async start() {
      const { url, drop } = await startCluster()
      return { url, settings: { ZERG_REDIS_CLUSTER: 'true' }, drop }
    },
  },
]

describe.each(KINDS)('on $name', ({ start }) => {
  test('scripts run on any key, and instances count each other', async () => {
    const { url, settings = {}, drop } = await start()
    const here = await openTestRedis(url, settings)
    const there = await openTestRedis(url, { ...settings, ZERG_REDIS_PREFIX: here.prefix })
    try {
      expect([here.redis.isUp(), there.redis.isUp()]).toEqual([true, true])
      for (let key = 0; key < 20; key++) {
        const input = { key: `${here.prefix}:count:${key}`, args: [] }
        expect(await here.redis.run(COUNT, input)).toBe(1)
        expect(await there.redis.run(COUNT, input)).toBe(2)
      }
      await here.redis.ping()
      await eventually(() => expect(here.redis.instances()).toBe(2))
    } finally {
      await Promise.all([here.close(), there.close()])
      await drop()
    }
  }, 40_000)

  if (isHere)
    busContract('the bus', async () => {
      const { url, settings = {}, drop } = await start()
      const here = await openTestRedis(url, settings)
      const there = await openTestRedis(url, { ...settings, ZERG_REDIS_PREFIX: here.prefix })
      // What is said before the other end listens is not heard.
      let isHeard = false
      const end = there.redis.bus.subscribe('signing-keys', () => {
        isHeard = true
      })
      await eventually(() => {
        here.redis.bus.publish('signing-keys', 'hello?')
        expect(isHeard).toBe(true)
      })
      end()
      return {
        here: here.redis.bus,
        there: there.redis.bus,
        close: async () => {
          await Promise.all([here.close(), there.close()])
          await drop()
        },
      }
    })
})

test('a certificate by somebody else is refused, in words', async () => {
  const certificates = makeCertificates('IP:127.0.0.1')
  const other = makeCertificates('IP:127.0.0.1')
  const server = await startRedis({ tls: certificates })
  const opened = await openTestRedis(`rediss://127.0.0.1:${server.port}`, {
    ZERG_REDIS_TLS_CA: other.ca,
  })
  expect(opened.redis.isUp()).toBe(false)
  expect(String(await rejection(opened.redis.ping()))).toContain('cannot be trusted')
  await opened.close()
  await server.drop()
  certificates.drop()
  other.drop()
}, 20_000)

test('a right that is missing is named', async () => {
  const server = await startRedis({
    lines: [`user zerg ${RIGHTS('zerg-test-').replace('+zadd ', '')}`],
  })
  const opened = await openTestRedis(`redis://zerg:Xq7-random@127.0.0.1:${server.port}`)
  expect(opened.redis.isUp()).toBe(false)
  expect(String(await rejection(opened.redis.ping()))).toContain('lacks a right')
  await opened.close()
  await server.drop()
})

test('when Sentinels change the master, the new one is found', async () => {
  const { master, url, drop } = await startSentinels()
  const opened = await openTestRedis(url, { ZERG_REDIS_SENTINEL_MASTER: 'main' })
  const input = { key: `${opened.prefix}:count`, args: [] }
  expect(await opened.redis.run(COUNT, input)).toBe(1)
  await master.stop()
  await eventually(() => expect(opened.redis.isUp()).toBe(false))
  await eventually(async () => void (await opened.redis.run(COUNT, input)), {
    withinMs: 15_000,
    everyMs: 50,
  })
  await opened.close()
  await drop()
}, 40_000)

test('of a Cluster with a node that is gone the rest goes on', async () => {
  const { nodes, url, drop } = await startCluster()
  const opened = await openTestRedis(url, { ZERG_REDIS_CLUSTER: 'true' })
  const ask = async () => {
    const asked = Array.from({ length: 30 }, (_, key) =>
      opened.redis.run(COUNT, { key: `${opened.prefix}:${key}`, args: [] }),
    )
    const outcomes = await Promise.allSettled(asked)
    return outcomes.filter(({ status }) => status === 'fulfilled').length
  }
  expect(await ask()).toBe(30)
  const holder = await holderOf(`${opened.prefix}:instances`, nodes)
  await nodes.find(node => node !== holder)!.stop()
  const askedAtMs = performance.now()
  const answered = await ask()
  expect(performance.now() - askedAtMs).toBeLessThan(2_000)
  expect(answered).toBeGreaterThan(5)
  expect(answered).toBeLessThan(30)
  expect(opened.redis.isUp()).toBe(true)
  await opened.close()
  await drop()
}, 40_000)

async function holderOf<T extends { url: string }>(key: string, nodes: readonly T[]): Promise<T> {
  const found = await Promise.all(
    nodes.map(({ url }) =>
      withRedis(url, redis => redis.exists(key)).then(
        count => count === 1,
        () => false,
      ),
    ),
  )
  return nodes[found.indexOf(true)]!
}
