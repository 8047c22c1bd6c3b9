// The operations port and the public probes, through real sockets.

import { afterEach, describe, expect, test } from 'bun:test'
import { systemClock } from '#lib/clock.ts'
import type { Check } from '#platform/health/check.ts'
import { createHealth } from '#platform/health/health.ts'
import type { State } from '#platform/lifecycle/lifecycle.ts'
import { createLog } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { healthRoutes } from '#transport/http/health-routes.ts'
import { openOperations } from '#transport/http/operations.ts'
import { askRaw, head } from '../../../support/raw-http.ts'
import { httpOver } from '../../../support/http.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

describe('the operations port', () => {
  test('gives health in detail', async () => {
    const { ask } = setup()
    const answer = await ask('GET /health')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(JSON.parse(answer.body)).toEqual({
      status: 'ok',
      state: 'ready',
      uptime_s: expect.any(Number),
      version: '1.2.3',
      commit: 'abc',
      pid: process.pid,
      checks: [
        {
          name: 'database',
          status: 'failed',
          remark: 'gone',
          latency_ms: expect.any(Number),
          figures: { in_use: 2 },
        },
      ],
      last_shutdown: { outcome: 'drained' },
    })
  })

  test('says why it is not ready, and stays alive', async () => {
    const { ask, enter } = setup()
    expect((await ask('GET /ready')).status).toBe(200)
    enter('draining')
    const ready = await ask('GET /ready')
    expect([ready.status, ready.headers.get('retry-after')]).toEqual([503, '1'])
    expect(JSON.parse(ready.body)).toMatchObject({ status: 'draining', state: 'draining' })
    expect((await ask('GET /health')).status).toBe(200)
    expect((await ask('GET /startup')).status).toBe(200)
  })

  test('has not started while it starts', async () => {
    const { ask, enter } = setup()
    enter('starting')
    expect((await ask('GET /startup')).status).toBe(503)
    expect((await ask('GET /ready')).status).toBe(503)
    expect((await ask('GET /health')).status).toBe(200)
  })

  test('gives metrics as Prometheus reads them, up to date', async () => {
    const { ask, collected } = setup()
    const answer = await ask('GET /metrics')
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(answer.body).toContain('# TYPE zerg_http_requests_total counter')
    expect(collected()).toBe(1)
  })

  test('does not count what is asked of itself', async () => {
    const { ask } = setup()
    await ask('GET /metrics')
    await ask('GET /nothing')
    expect((await ask('GET /metrics')).body).not.toContain('zerg_http_requests_total{')
  })

  test.each([
    ['GET /nothing', 404],
    ['POST /metrics', 405],
    ['HEAD /metrics', 200],
    ['OPTIONS /metrics', 204],
  ])('answers %s as the public port would', async (line, status) => {
    const { ask } = setup()
    expect((await ask(line)).status).toBe(status)
  })

  test('tells its clients to leave while it drains, and not while it starts', async () => {
    const { ask, enter } = setup()
    enter('starting')
    expect((await ask('GET /health')).headers.has('connection')).toBe(false)
    enter('draining')
    expect((await ask('GET /metrics')).headers.get('connection')).toBe('close')
  })

  // Probes come every few seconds from many sides.
  test('is quiet in the log', async () => {
    const { ask, lines } = setup()
    for (const path of ['/health', '/ready', '/startup', '/metrics']) await ask(`GET ${path}`)
    expect(lines).toEqual([])
  })
})

describe('the public port', () => {
  test.each([
    ['/health', 'ready', 200, 'ok'],
    ['/health', 'draining', 200, 'ok'],
    ['/ready', 'starting', 503, 'starting'],
    ['/ready', 'ready', 200, 'ready'],
    ['/ready', 'draining', 503, 'draining'],
    ['/startup', 'starting', 503, 'starting'],
    ['/startup', 'ready', 200, 'started'],
    ['/startup', 'draining', 200, 'started'],
  ] as const)('answers %s while %s with one word', async (...[path, state, status, word]) => {
    const { health } = setup(state)
    const answer = await httpOver(healthRoutes({ health }))(path)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toEqual({ status: word })
  })
})

function setup(initial: State = 'ready') {
  let state = initial
  let collected = 0
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const { log } = createLog({ level: 'info', format: 'json', destination })
  const check: Check = {
    name: 'database',
    run: async () => {
      throw new Error('gone')
    },
    figures: () => ({ in_use: 2 }),
  }
  const health = createHealth({
    checks: [check],
    clock: systemClock,
    state: () => state,
    requires: [],
  })
  const operations = openOperations({
    host: '127.0.0.1',
    port: 0,
    health,
    registry: createMetrics().registry,
    collect: () => {
      collected++
    },
    about: { version: '1.2.3', commit: 'abc' },
    lastShutdown: () => ({ outcome: 'drained' }),
    log,
    clock: systemClock,
  })
  closing.push(operations.close)
  return {
    health,
    lines,
    collected: () => collected,
    ask: (line: string) => askRaw(operations.port, head(line)),
    enter: (next: State) => {
      state = next
    },
  }
}
