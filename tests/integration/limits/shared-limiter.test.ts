// Limits that instances keep together in a real Redis, and without it.

import { afterAll, beforeAll, describe, expect } from 'bun:test'
import { newId } from '#lib/id.ts'
import { systemClock } from '#lib/clock.ts'
import type { Limiter } from '#platform/limits/limiter.ts'
import { createPolicy, type Policy } from '#platform/limits/policy.ts'
import { createSharedLimiter } from '#platform/limits/shared-limiter.ts'
import { limiterContract } from '../../support/contracts/limiter.ts'
import { eventually } from '../../support/eventually.ts'
import { type OpenedRedis, openTestRedis } from '../../support/open-redis.ts'
import { type RedisServer, startCluster, startRedis } from '../../support/redis.ts'
import { findTool, testWith } from '../../support/tools.ts'

const test = testWith('redis')
const isHere = findTool('redis') !== undefined || process.env['CI'] === 'true'
const HOUR_MS = 3_600_000

if (isHere) {
  limiterContract('in Redis', async () => {
    const server = await startRedis()
    const opened = await openTestRedis(server.url)
    return {
      limiter: createSharedLimiter({ redis: opened.redis, clock: systemClock }),
      close: async () => {
        await opened.close()
        await server.drop()
      },
    }
  })
  limiterContract('in a Cluster', async () => {
    const cluster = await startCluster()
    const opened = await openTestRedis(cluster.url, { ZERG_REDIS_CLUSTER: 'true' })
    return {
      limiter: createSharedLimiter({ redis: opened.redis, clock: systemClock }),
      close: async () => {
        await opened.close()
        await cluster.drop()
      },
    }
  })
}

describe('four instances', () => {
  let server: RedisServer
  let instances: Instances
  beforeAll(async () => {
    if (!isHere) return
    server = await startRedis()
    instances = await openInstances(server.url, 4)
  }, 30_000)
  afterAll(async () => {
    await instances?.close()
    await server?.drop()
  })

  test.each([
    [200, 60_000],
    [1_000, 60_000],
    [6_000, 60_000],
    [1_000, 2_000],
  ])('with load 97:1:1:1 allow %i in %i ms together, within 5 %%', async (limit, windowMs) => {
    const policy = policyOf(limit, windowMs)
    const perStep = Math.ceil((limit * 4) / 150)
    const before = instances.trips()
    const { allowed, asked, tookMs } = await loadFor(instances.limiters, policy, {
      perStep,
      forMs: 1_500,
    })
    const ideal = limit * (1 + tookMs / windowMs)
    expect(allowed / ideal).toBeLessThanOrEqual(1.05)
    expect(allowed / ideal).toBeGreaterThanOrEqual(0.95)
    // Most requests are decided here.
    expect((instances.trips() - before) / asked).toBeLessThan(limit < 1_000 ? 0.35 : 0.2)
  })

  test.each([5, 30, 199])('never allow more than %i together', async limit => {
    const policy = policyOf(limit)
    const asked = instances.limiters.flatMap(limiter =>
      Array.from({ length: limit }, async () => await limiter.take(policy, 'ada')),
    )
    const decisions = await Promise.all(asked)
    expect(decisions.filter(({ allowed }) => allowed).length).toBe(limit)
  })

  test('a client that asks now and then seldom costs a question', async () => {
    const policy = policyOf(6_000, 60_000)
    const before = instances.trips()
    for (let count = 0; count < 40; count++) await instances.limiters[0]!.take(policy, 'ada')
    expect(instances.trips() - before).toBeLessThanOrEqual(5)
  })

  test('a client that is refused costs no question for each refusal', async () => {
    const policy = policyOf(5)
    const [limiter] = instances.limiters
    for (let count = 0; count < 6; count++) await limiter!.take(policy, 'ada')
    const before = instances.trips()
    for (let count = 0; count < 100; count++)
      expect(limiter!.take(policy, 'ada')).toMatchObject({ allowed: false })
    expect(instances.trips()).toBe(before)
  })
})

testOn('while Redis is gone each allows its part of the limit', async ({ server, instances }) => {
  const policy = policyOf(400)
  await server.stop()
  await instances.areUp(false)
  const allowed = instances.limiters.map(limiter => allowedAtOnce(limiter, policy, 500))
  expect(allowed).toEqual([100, 100, 100, 100])
  // No less than one, however small a limit is.
  const small = instances.limiters.map(limiter => allowedAtOnce(limiter, policyOf(2), 5))
  expect(small).toEqual([1, 1, 1, 1])
})

testOn('whoever was refused before it went stays refused', async ({ server, instances }) => {
  const [small, large] = [policyOf(5), policyOf(400)]
  const [limiter] = instances.limiters
  for (let count = 0; count < 6; count++) await limiter!.take(small, 'ada')
  for (let count = 0; count < 401; count++) await limiter!.take(large, 'ada')
  await server.stop()
  await instances.areUp(false)
  expect(allowedAtOnce(limiter!, small, 20)).toBe(0)
  expect(allowedAtOnce(limiter!, large, 20)).toBe(0)
})

testOn('what was allowed without Redis counts once it is back, empty', async on => {
  const { server, instances } = on
  const policy = policyOf(400)
  await server.stop()
  await instances.areUp(false)
  for (const limiter of instances.limiters) allowedAtOnce(limiter, policy, 500)
  await server.start()
  await instances.areUp(true)
  const after = await Promise.all(
    instances.limiters.flatMap(limiter =>
      Array.from({ length: 50 }, async () => (await limiter.take(policy, 'ada')).allowed),
    ),
  )
  expect(after.filter(Boolean).length).toBeLessThanOrEqual(4)
})

testOn('killed, frozen and back under load: nobody sees an error, and limits hold', async on => {
  const { server, instances } = on
  const policy = policyOf(2_000)
  const load = { isOver: false, decided: 0, allowed: 0, slowestMs: 0 }
  const clients = instances.limiters.map(async limiter => {
    while (!load.isOver) {
      const askedAtMs = performance.now()
      const decision = await limiter.take(policy, 'ada')
      load.slowestMs = Math.max(load.slowestMs, performance.now() - askedAtMs)
      if (decision.allowed) load.allowed++
      if (++load.decided % 4 === 0) await Bun.sleep(1)
    }
  })
  const goesOn = (more: number) => {
    const from = load.decided
    return eventually(() => expect(load.decided).toBeGreaterThan(from + more))
  }
  await goesOn(100)
  server.freeze()
  await instances.areUp(false)
  await goesOn(100)
  server.thaw()
  await instances.areUp(true)
  await goesOn(500)
  await server.stop()
  await instances.areUp(false)
  await goesOn(500)
  await server.start()
  await instances.areUp(true)
  await goesOn(4_000)
  load.isOver = true
  await Promise.all(clients)
  expect(load.slowestMs).toBeLessThan(1_000)
  expect(load.allowed).toBeGreaterThan(1_000)
  expect(load.allowed).toBeLessThanOrEqual(2_000 * 1.05)
})

const policyOf = (limit: number, windowMs = HOUR_MS) =>
  createPolicy(`p${newId()}`, { limit, windowMs })

/** How many of so many are allowed without waiting for anybody. */
function allowedAtOnce(limiter: Limiter, policy: Policy, count: number): number {
  let allowed = 0
  for (let index = 0; index < count; index++) {
    const decision = limiter.take(policy, 'ada')
    if (decision instanceof Promise) throw new Error('This was not decided at once.')
    if (decision.allowed) allowed++
  }
  return allowed
}

type Load = { perStep: number; forMs: number }

/** Of a hundred requests the first instance gets 97. */
async function loadFor(limiters: readonly Limiter[], policy: Policy, { perStep, forMs }: Load) {
  const startedAtMs = performance.now()
  const asked: Promise<boolean>[] = []
  const ask = async (limiter: Limiter) => (await limiter.take(policy, 'ada')).allowed
  while (performance.now() - startedAtMs < forMs) {
    for (let index = 0; index < perStep; index++) {
      const turn = asked.length % 100
      asked.push(ask(limiters[turn < 97 ? 0 : turn - 96]!))
    }
    await Bun.sleep(10)
  }
  const allowed = (await Promise.all(asked)).filter(Boolean).length
  return { allowed, asked: asked.length, tookMs: performance.now() - startedAtMs }
}

type Instances = Awaited<ReturnType<typeof openInstances>>

async function openInstances(url: string, count: number) {
  const first = await openTestRedis(url)
  const opened: OpenedRedis[] = [first]
  while (opened.length < count)
    opened.push(await openTestRedis(url, { ZERG_REDIS_PREFIX: first.prefix }))
  await eventually(() => {
    for (const { redis } of opened) expect(redis.instances()).toBe(count)
  })
  const limiters = opened.map(({ redis }) => createSharedLimiter({ redis, clock: systemClock }))
  return {
    limiters,
    trips: () => limiters.reduce((sum, limiter) => sum + limiter.figures().trips, 0),
    areUp: (isUp: boolean) =>
      eventually(() => {
        for (const { redis } of opened) expect(redis.isUp()).toBe(isUp)
      }),
    close: async () => void (await Promise.all(opened.map(({ close }) => close()))),
  }
}

type On = { server: RedisServer; instances: Instances }

function testOn(name: string, work: (on: On) => Promise<void>) {
  test(
    name,
    async () => {
      const server = await startRedis()
      const instances = await openInstances(server.url, 4)
      try {
        await work({ server, instances })
      } finally {
        await instances.close()
        await server.drop()
      }
    },
    60_000,
  )
}
