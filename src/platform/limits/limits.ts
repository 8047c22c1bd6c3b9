// Which limit holds for a request: by where it comes from before it is known who asks, by who asks
// afterwards, and by what kind of request it is.

import type { LimitClass, RateOverride } from '#config/limit-kinds.ts'
import type { Config } from '#config/schema.ts'
import type { Role } from '#lib/caller.ts'
import type { Rate } from '#lib/rate.ts'
import type { Metrics } from '../observability/metrics.ts'
import { type Decision, UNLIMITED } from './decision.ts'
import type { Limiter } from './limiter.ts'
import { createPolicy, type Policy } from './policy.ts'

export type { LimitClass }

export type Ask = {
  /** `address` before authentication, `caller` after it. */
  scope: 'address' | 'caller'
  class: LimitClass
  /** The address (IPv6 by its network: `networkOf`), the user or the key. */
  id: string
  roles?: readonly Role[]
}

export type Limits = {
  /** Counts one request. At once where that can be, which is nearly always; never rejects. */
  check(ask: Ask): Decision | Promise<Decision>
}

/** Where nothing is counted. */
export const NO_LIMITS: Limits = { check: () => UNLIMITED }

type Needs = { settings: Config['limits']; limiter: Limiter; metrics: Metrics }

export function createLimits({ settings, limiter, metrics }: Needs): Limits {
  const policies = { address: addressPolicies(settings), caller: callerPolicies(settings) }
  const overrideOf = createOverrides(settings.overrides)
  const counts = new Map<string, { allowed: number; refused: number }>()
  exposeFigures()

  return { check: settings.enabled ? check : () => UNLIMITED }

  function check(ask: Ask): Decision | Promise<Decision> {
    const usual = policies[ask.scope][ask.class]
    const override = ask.scope === 'caller' ? overrideOf(ask) : undefined
    const policy = override === undefined ? usual : override
    if (policy === null) return UNLIMITED
    const decision = limiter.take(policy, ask.id)
    return decision instanceof Promise ? decision.then(count) : count(decision)
  }

  function count(decision: Decision): Decision {
    const { policy, allowed } = decision
    if (!policy) return decision
    let found = counts.get(policy.name)
    if (!found) counts.set(policy.name, (found = { allowed: 0, refused: 0 }))
    if (allowed) found.allowed++
    else found.refused++
    return decision
  }

  // Counted here and read when they are asked for: a counter with labels costs more than a decision.
  function exposeFigures(): void {
    const { decisions, clients, trips, alone } = metrics.limits
    const collect = () => {
      decisions.reset()
      for (const [policy, { allowed, refused }] of counts) {
        decisions.inc({ policy, outcome: 'allowed' }, allowed)
        decisions.inc({ policy, outcome: 'refused' }, refused)
      }
      const figures = limiter.figures()
      clients.set(figures.clients)
      for (const [counter, value] of [
        [trips, figures.trips],
        [alone, figures.alone],
      ] as const) {
        counter.reset()
        counter.inc(value)
      }
    }
    Object.assign(decisions, { collect })
  }
}

type ByClass = Readonly<Record<LimitClass, Policy | null>>

const addressPolicies = (settings: Config['limits']): ByClass => ({
  read: policyOf('address-read', settings.addressRead),
  write: policyOf('address-write', settings.addressWrite),
  login: policyOf('address-login', settings.addressLogin),
  expensive: policyOf('address-expensive', settings.addressExpensive),
})

const callerPolicies = (settings: Config['limits']): ByClass => ({
  read: policyOf('read', settings.callerRead),
  write: policyOf('write', settings.callerWrite),
  login: policyOf('login', settings.callerLogin),
  expensive: policyOf('expensive', settings.callerExpensive),
})

const policyOf = (name: string, rate: Rate | null): Policy | null =>
  rate && createPolicy(name, rate)

/** Null is no limit, undefined no override. One for a key or a user comes before one for a role. */
function createOverrides(overrides: readonly RateOverride[]) {
  const found = new Map(
    overrides.map(({ who, id, limitClass, rate }) => [
      `${who === 'role' ? 'role' : 'id'}:${id}.${limitClass}`,
      policyOf(limitClass, rate),
    ]),
  )

  return function overrideOf({
    id,
    class: limitClass,
    roles = [],
  }: Ask): Policy | null | undefined {
    if (found.size === 0) return undefined
    const own = found.get(`id:${id}.${limitClass}`)
    if (own !== undefined) return own
    return roles
      .map(role => found.get(`role:${role}.${limitClass}`))
      .reduce<Policy | null | undefined>(moreGenerous, undefined)
  }
}

function moreGenerous(
  a: Policy | null | undefined,
  b: Policy | null | undefined,
): Policy | null | undefined {
  if (a === undefined) return b
  if (b === undefined) return a
  if (a === null || b === null) return null
  return a.intervalMs <= b.intervalMs ? a : b
}
