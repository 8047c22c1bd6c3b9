// Kinds of setting that say how much a client may ask for, and whom to believe about where it is.

import ipaddr from 'ipaddr.js'
import { ROLES } from '#lib/caller.ts'
import { formatRate, parseRate, type Rate } from '#lib/rate.ts'
import { define, partsOf } from './kinds.ts'

/** Null is no limit at all. */
export const rate = define<Rate | null>({
  expects: 'a rate such as 600/1m (at most 1000000, in 1s to 24h), or off',
  parse: parseRate,
  show: formatRate,
  jsonSchema: { type: 'string', pattern: String.raw`^(off|\d+/\d+(\.\d+)?(ms|s|m|h))$` },
})

export const LIMIT_CLASSES = ['read', 'write', 'login', 'expensive'] as const

export type LimitClass = (typeof LIMIT_CLASSES)[number]

/** Another rate for one key, one user, or everybody of a role. */
export type RateOverride = {
  readonly who: 'key' | 'user' | 'role'
  readonly id: string
  readonly limitClass: LimitClass
  readonly rate: Rate | null
}

const OVERRIDE =
  /^(?<who>key|user|role):(?<id>[a-z\d-]{1,64})\.(?<limitClass>read|write|login|expensive)=(?<rate>.+)$/
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

export const overrides = define<readonly RateOverride[]>({
  expects:
    'one or more of role:<role>.<class>=<rate>, key:<id>.<class>=<rate> and user:<id>.<class>=<rate>, separated by commas',
  parse: raw => {
    const parsed = partsOf(raw).map(parseOverride)
    return parsed.every(entry => entry !== undefined) ? parsed : undefined
  },
  show: value =>
    value
      .map(({ who, id, limitClass, rate }) => `${who}:${id}.${limitClass}=${formatRate(rate)}`)
      .join(','),
  jsonSchema: { type: ['string', 'array'], items: { type: 'string' } },
  whenEmpty: { value: [] },
})

function parseOverride(text: string): RateOverride | undefined {
  const groups = OVERRIDE.exec(text)?.groups
  const rate = parseRate(groups?.['rate'] ?? '')
  if (!groups || rate === undefined) return undefined
  const { id = '' } = groups
  // The pattern allows no other words.
  const who = groups['who'] as RateOverride['who']
  const limitClass = groups['limitClass'] as LimitClass
  const isKnown = who === 'role' ? ROLES.some(role => role === id) : UUID.test(id)
  return isKnown ? { who, id, limitClass, rate } : undefined
}

/** Networks as texts: `10.0.0.0/8`, or a single address. */
export const networks = define<readonly string[]>({
  expects:
    'one or more networks such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, separated by commas',
  parse: raw => {
    const parts = partsOf(raw)
    return parts.every(isNetwork) ? parts : undefined
  },
  show: value => value.join(','),
  jsonSchema: { type: ['string', 'array'], items: { type: 'string' } },
  whenEmpty: { value: [] },
})

// The four numbers of IPv4 are written in full: `10/8` and `0x0a.0.0.1` are read differently by others.
const isNetwork = (text: string) =>
  ipaddr.IPv4.isValidFourPartDecimal(text) ||
  ipaddr.IPv4.isValidCIDRFourPartDecimal(text) ||
  ipaddr.IPv6.isValid(text) ||
  ipaddr.IPv6.isValidCIDR(text)
