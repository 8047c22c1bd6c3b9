// Which limit holds for whom.

import { expect, test } from 'bun:test'
import { loadConfig } from '#config/load.ts'
import { UNLIMITED } from '#platform/limits/decision.ts'
import { type Ask, createLimits } from '#platform/limits/limits.ts'
import type { Policy } from '#platform/limits/policy.ts'
import { createMetrics } from '#platform/observability/metrics.ts'

const KEY = '01900000-0000-7000-8000-000000000001'

const set = {
  ZERG_LIMIT_CALLER_READ: '100/1m',
  ZERG_LIMIT_CALLER_EXPENSIVE: 'off',
  ZERG_LIMIT_ADDRESS_READ: '200/1m',
  ZERG_LIMIT_OVERRIDES: `role:auditor.read=300/1m,role:admin.read=off,role:user.write=7/1s,key:${KEY}.read=1/1h,key:${KEY}.write=off`,
}

test.each<[string, Ask, string | undefined]>([
  ['an address', { scope: 'address', class: 'read', id: 'a' }, 'address-read 200'],
  ['a caller', { scope: 'caller', class: 'read', id: 'u', roles: ['user'] }, 'read 100'],
  ['a role', { scope: 'caller', class: 'write', id: 'u', roles: ['user'] }, 'write 7'],
  ['roles', { scope: 'caller', class: 'read', id: 'u', roles: ['user', 'auditor'] }, 'read 300'],
  ['a role without one', { scope: 'caller', class: 'read', id: 'u', roles: ['admin'] }, undefined],
  [
    'two roles, one without one',
    { scope: 'caller', class: 'read', id: 'u', roles: ['admin', 'auditor'] },
    undefined,
  ],
  ['a key', { scope: 'caller', class: 'read', id: KEY, roles: ['admin'] }, 'read 1'],
  ['a key without one', { scope: 'caller', class: 'write', id: KEY, roles: ['user'] }, undefined],
  ['an address like a key', { scope: 'address', class: 'read', id: KEY }, 'address-read 200'],
  ['a class that is off', { scope: 'caller', class: 'expensive', id: 'u' }, undefined],
])('the limit of %s', async (_, ask, expected) => {
  const { limits } = setup(set)
  const { policy } = await limits.check(ask)
  expect(policy && `${policy.name} ${policy.limit}`).toBe(expected)
})

test('switched off, nothing is counted', async () => {
  const { limits, asked } = setup({ ZERG_LIMITS: 'false' })
  const decision = await limits.check({ scope: 'address', class: 'login', id: 'a' })
  expect(decision).toBe(UNLIMITED)
  expect(asked).toEqual([])
})

test('what became of requests is in the metrics', async () => {
  const { limits, metrics } = setup(set)
  for (let count = 0; count < 3; count++)
    await limits.check({ scope: 'caller', class: 'read', id: 'u' })
  const text = await metrics.registry.metrics()
  expect(text).toContain('zerg_limit_decisions_total{policy="read",outcome="allowed"} 2')
  expect(text).toContain('zerg_limit_decisions_total{policy="read",outcome="refused"} 1')
  expect(text).toContain('zerg_limit_trips_total 7')
})

/** The first two of everybody are allowed. */
function setup(environment: Record<string, string>) {
  const { config } = loadConfig({ environment, folder: '/nowhere' })
  const asked: string[] = []
  const metrics = createMetrics()
  const take = (policy: Policy, id: string) => {
    asked.push(id)
    return { ...UNLIMITED, policy, allowed: asked.length < 3 }
  }
  const limiter = { take, figures: () => ({ clients: 1, trips: 7, alone: 0 }) }
  return { limits: createLimits({ settings: config.limits, limiter, metrics }), asked, metrics }
}
