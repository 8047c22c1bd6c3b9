// The operations port and the public probes, through real sockets.

import { afterEach, describe, expect, test } from 'bun:test'
import { systemClock } from '#lib/clock.ts'
import type { Check } from '#platform/health/check.ts'
import { createHealth } from '#platform/health/health.ts'
import type { State } from '#platform/lifecycle/lifecycle.ts'
import { createLog } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { healthRoutes } from '#transport/http/health-routes.ts'
import { createOperationsAccess } from '#transport/http/operations-access.ts'
import { openOperations } from '#transport/http/operations.ts'
import { askRaw, headTo } from '../../../support/raw-http.ts'
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
      degraded: ['database'],
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

describe('the operations port without a token', () => {
  test.each([
    ['another host name, as a page has that lets it point here', 'evil.test:9090', []],
    ['a host name that begins like this machine', 'localhost.evil.test', []],
    ['an address that begins like this machine', '127.0.0.1.evil.test', []],
    ['a proxy on this machine', 'localhost', ['X-Forwarded-For: 192.0.2.1']],
    ['a proxy that speaks the standard', 'localhost', ['Forwarded: for=192.0.2.1']],
  ])('tells %s one word and no metrics', async (_, host, headers) => {
    const { askAs } = setup()
    const refused = await askAs(host, 'GET /metrics', ...headers)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="zerg"')
    expect(JSON.parse(refused.body)).toMatchObject({
      code: 'authentication_required',
      detail: expect.stringContaining('ZERG_OPS_TOKEN'),
    })
    const health = await askAs(host, 'GET /health', ...headers)
    expect([health.status, health.body]).toEqual([200, '{"status":"ok"}'])
  })

  test.each(['localhost:9090', '127.0.0.1:9090', '127.9.9.9', '[::1]:9090', 'LOCALHOST'])(
    'tells %s everything',
    async host => {
      const { askAs } = setup()
      expect((await askAs(host, 'GET /metrics')).status).toBe(200)
      expect(JSON.parse((await askAs(host, 'GET /ready')).body)).toHaveProperty('checks')
    },
  )

  test('knows who is on this machine by the address of the socket alone', () => {
    const { isAllowed } = createOperationsAccess(undefined)
    const from = (address: string | null) =>
      isAllowed({ request: new Request('http://localhost/metrics'), address })
    expect(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'].map(from)).not.toContain(false)
    expect(
      ['10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '0.0.0.0', '', null].map(from),
    ).not.toContain(true)
  })
})

describe('the operations port with a token', () => {
  const TOKEN = 'ops-token-of-a-test'

  test('tells whoever shows it everything, wherever they are', async () => {
    const { askAs } = setup('ready', TOKEN)
    for (const scheme of ['Bearer', 'bearer']) {
      const header = `Authorization: ${scheme} ${TOKEN}`
      expect((await askAs('zerg.internal', 'GET /metrics', header)).status).toBe(200)
      const health = await askAs('zerg.internal', 'GET /health', header)
      expect(JSON.parse(health.body)).toHaveProperty('last_shutdown')
    }
  })

  test.each([
    ['none', [], 'authentication_required'],
    ['another', ['Authorization: Bearer ops-token-of-a-tesT'], 'invalid_token'],
    ['a part of it', ['Authorization: Bearer ops-token-of-a'], 'invalid_token'],
    ['more than it', [`Authorization: Bearer ${TOKEN}x`], 'invalid_token'],
    ['it by another scheme', [`Authorization: Basic ${TOKEN}`], 'authentication_required'],
    ['it without a scheme', [`Authorization: ${TOKEN}`], 'authentication_required'],
    ['it twice', [`Authorization: Bearer ${TOKEN} ${TOKEN}`], 'authentication_required'],
  ])('refuses %s, on this machine too', async (_, headers, code) => {
    const { ask } = setup('ready', TOKEN)
    const refused = await ask('GET /metrics', ...headers)
    expect([refused.status, codeOf(refused.body)]).toEqual([401, code])
  })

  // A probe that fails for want of a secret would end a healthy instance.
  test('answers probes in one word, whatever they show', async () => {
    const { ask } = setup('ready', TOKEN)
    for (const headers of [[], ['Authorization: Bearer wrong']]) {
      expect((await ask('GET /health', ...headers)).body).toBe('{"status":"ok"}')
      expect((await ask('GET /ready', ...headers)).body).toBe('{"status":"ready"}')
      expect((await ask('GET /startup', ...headers)).body).toBe('{"status":"started"}')
    }
  })

  test('reads it from the header alone', async () => {
    const { ask } = setup('ready', TOKEN)
    expect((await ask(`GET /metrics?access_token=${TOKEN}`)).status).toBe(401)
  })

  test('does not say what else there might be', async () => {
    const { ask } = setup('ready', TOKEN)
    expect((await ask('GET /debug')).status).toBe(401)
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

function setup(initial: State = 'ready', token?: string) {
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
    token,
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
    ask: (line: string, ...headers: string[]) =>
      askRaw(operations.port, headTo('localhost', line, ...headers)),
    askAs: (host: string, line: string, ...headers: string[]) =>
      askRaw(operations.port, headTo(host, line, ...headers)),
    enter: (next: State) => {
      state = next
    },
  }
}

const codeOf = (body: string) => (JSON.parse(body) as { code: string }).code
