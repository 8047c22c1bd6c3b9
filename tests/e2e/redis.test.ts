// Two instances of the compiled executable share limits through a Redis that is killed, frozen and
// started again while they are asked: nobody gets an error of ours, and the limits hold.

import { afterAll, beforeAll, expect } from 'bun:test'
import { authorization } from '../../bench/lab/credentials.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { eventually } from '../support/eventually.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { findTool, testWith } from '../support/tools.ts'

const test = testWith('redis')
const isHere = findTool('redis') !== undefined || process.env['CI'] === 'true'

const READS = 400
let database: TestDatabase
let redis: RedisServer
let instances: readonly Zerg[]

beforeAll(async () => {
  if (!isHere) return
  database = await createDatabase()
  redis = await startRedis()
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    ZERG_DRAIN_MAX: '200ms',
    ZERG_LIMITS: 'true',
    ZERG_LIMIT_CALLER_READ: `${READS}/1h`,
    ZERG_LIMIT_ADDRESS_READ: 'off',
  }
  instances = await Promise.all([startZerg({ env }), startZerg({ env })])
  await eventually(async () => expect(await metricOf('zerg_instances')).toEqual([2, 2]))
}, 60_000)
afterAll(async () => {
  await Promise.all((instances ?? []).map(zerg => zerg.stop()))
  await redis?.drop()
  await database?.drop()
}, 30_000)

test('killed, frozen and back under load: no answer is 5xx, and the limit holds', async () => {
  const load = startLoad()
  await load.goesOn(60)
  redis.freeze()
  await eventually(async () => expect(await metricOf('zerg_redis_up')).toEqual([0, 0]))
  await load.goesOn(60)
  // Ready all the same, and says what it lacks.
  for (const { opsUrl, url } of instances) {
    expect((await fetch(`${url}/ready`)).status).toBe(200)
    const health = await (await fetch(`${opsUrl}/health`)).json()
    expect(health).toMatchObject({ degraded: ['redis'] })
  }
  redis.thaw()
  await eventually(async () => expect(await metricOf('zerg_redis_up')).toEqual([1, 1]))
  await load.goesOn(60)
  await redis.stop()
  await eventually(async () => expect(await metricOf('zerg_redis_up')).toEqual([0, 0]))
  await load.goesOn(60)
  await redis.start()
  await eventually(async () => expect(await metricOf('zerg_redis_up')).toEqual([1, 1]))
  await load.goesOn(READS)
  const { statuses, slowestMs } = await load.end()
  expect([...statuses.keys()].toSorted()).toEqual([200, 429])
  expect(statuses.get(200)).toBeLessThanOrEqual(READS * 1.05)
  expect(statuses.get(200)).toBeGreaterThan(READS / 2)
  expect(slowestMs).toBeLessThan(3_000)
}, 60_000)

test('the limit is told, and what is too much is a problem with the time to wait', async () => {
  const [{ url, key }] = instances as readonly [Zerg]
  const answers: Response[] = []
  for (let count = 0; count < 7; count++)
    answers.push(
      await fetch(`${url}/api/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
    )
  expect(answers[0]!.headers.get('ratelimit-policy')).toBe('"address-login";q=30;w=60')
  expect(answers[0]!.headers.get('ratelimit')).toMatch(/^"address-login";r=\d+;t=\d+$/)
  const refused = await fetch(`${url}/api/v1/tasks`, { headers: authorization(key) })
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(await refused.json()).toMatchObject({ code: 'rate_limited', status: 429 })
  // Health is never limited.
  for (let count = 0; count < 50; count++) expect((await fetch(`${url}/health`)).status).toBe(200)
})

/** The value on every instance. */
const metricOf = (name: string) =>
  Promise.all(
    instances.map(async ({ opsUrl }) => {
      const text = await (await fetch(`${opsUrl}/metrics`)).text()
      return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
    }),
  )

function startLoad() {
  const statuses = new Map<number, number>()
  const run = { isOver: false }
  let asked = 0
  let slowestMs = 0
  const clients = instances.flatMap(zerg => [ask(zerg), ask(zerg)])
  return {
    goesOn(more: number) {
      const from = asked
      return eventually(() => expect(asked).toBeGreaterThan(from + more), { withinMs: 20_000 })
    },
    async end() {
      run.isOver = true
      await Promise.all(clients)
      return { statuses, slowestMs }
    },
  }

  async function ask({ url, key }: Zerg) {
    while (!run.isOver) {
      const askedAtMs = performance.now()
      const answer = await fetch(`${url}/api/v1/tasks?limit=1`, { headers: authorization(key) })
      await answer.arrayBuffer()
      slowestMs = Math.max(slowestMs, performance.now() - askedAtMs)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      asked++
      await Bun.sleep(5)
    }
  }
}
