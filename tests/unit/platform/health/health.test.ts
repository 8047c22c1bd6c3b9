import { describe, expect, test } from 'bun:test'
import type { Check } from '#platform/health/check.ts'
import { createHealth } from '#platform/health/health.ts'
import type { State } from '#platform/lifecycle/lifecycle.ts'
import { within } from '../../../support/eventually.ts'

describe('readiness', () => {
  test.each([
    ['starting', 'starting'],
    ['ready', 'ready'],
    ['draining', 'draining'],
    ['closing', 'draining'],
    ['stopped', 'draining'],
  ] as const)('while %s is %s', async (state, readiness) => {
    expect(await setup({ state }).health.readiness()).toBe(readiness)
  })

  // Every instance shares its database: all would leave at once, and nobody would be left to say 503.
  test('does not depend on what was lost, unless told to', async () => {
    const lost = setup({ checks: [failing('database')] })
    expect(await lost.health.readiness()).toBe('ready')
    const required = setup({ checks: [failing('database')], requires: ['database'] })
    expect(await required.health.readiness()).toBe('unavailable')
    const other = setup({ checks: [failing('database')], requires: ['tasks-service'] })
    expect(await other.health.readiness()).toBe('ready')
  })

  test('asks nobody where nothing is required', async () => {
    const { health, runs } = setup()
    await health.readiness()
    expect(runs()).toBe(0)
  })
})

describe('checks', () => {
  test('run together, once for however many ask, and again a second later', async () => {
    const { health, runs, pass } = setup()
    await Promise.all(Array.from({ length: 50 }, () => health.outcomes()))
    expect(runs()).toBe(1)
    pass(999)
    await health.outcomes()
    expect(runs()).toBe(1)
    pass(1)
    await health.outcomes()
    expect(runs()).toBe(2)
  })

  test('tell their remark, latency and figures', async () => {
    const check: Check = {
      name: 'database',
      run: async () => 'PostgreSQL 18',
      figures: () => ({ in_use: 1 }),
    }
    expect(await setup({ checks: [check] }).health.outcomes()).toEqual([
      {
        name: 'database',
        status: 'passed',
        remark: 'PostgreSQL 18',
        latencyMs: expect.any(Number),
        figures: { in_use: 1 },
      },
    ])
  })

  test('that hang, even deaf to their signal, fail after half a second; the others do not wait', async () => {
    let reason: unknown
    const deaf: Check = {
      name: 'deaf',
      run: signal => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
        })
        return new Promise(() => {})
      },
    }
    const startedAtMs = performance.now()
    const outcomes = await within(setup({ checks: [deaf, passing('fine')] }).health.outcomes())
    expect(performance.now() - startedAtMs).toBeLessThan(2_000)
    expect(outcomes).toMatchObject([
      { name: 'deaf', status: 'failed', remark: 'No answer within 500 ms.' },
      { name: 'fine', status: 'passed' },
    ])
    expect(String(reason)).toContain('500 ms')
  })

  test('that throw at once fail like those that reject, and tell no password', async () => {
    const check: Check = {
      name: 'database',
      run: () => {
        throw new Error('no answer from postgres://zerg:hunter2@db/zerg')
      },
    }
    const [outcome] = await setup({ checks: [check] }).health.outcomes()
    expect(outcome).toMatchObject({
      status: 'failed',
      remark: 'no answer from postgres://zerg:***@db/zerg',
    })
  })

  test('may be added after the start', async () => {
    const checks: Check[] = []
    const { health } = setup({ checks })
    checks.push(passing('late'))
    expect(await health.outcomes()).toMatchObject([{ name: 'late' }])
  })
})

const passing = (name: string): Check => ({ name, run: async () => undefined })
const failing = (name: string): Check => ({
  name,
  run: async () => {
    throw new Error('gone')
  },
})

type Settings = { state?: State; checks?: Check[]; requires?: string[] }

function setup({ state = 'ready', checks, requires = [] }: Settings = {}) {
  let nowMs = 1_000
  let runs = 0
  const counting: Check = {
    name: 'counting',
    run: async () => {
      runs++
      await Bun.sleep(1)
      return undefined
    },
  }
  const health = createHealth({
    checks: checks ?? [counting],
    clock: { nowMs: () => nowMs, elapsedMs: () => nowMs },
    state: () => state,
    requires,
  })
  return {
    health,
    runs: () => runs,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}
