// Whether a request may go on, and what its client is told about that.

import type { Policy } from './policy.ts'

export type Decision = {
  readonly allowed: boolean
  /** Undefined where nothing limits this. */
  readonly policy: Policy | undefined
  /** Requests that would be allowed at once after this one. */
  readonly remaining: number
  /** Until all of the limit can be used again. */
  readonly resetS: number
  /** Until one more is allowed; 0 where this one was. */
  readonly retryAfterS: number
}

export const UNLIMITED: Decision = {
  allowed: true,
  policy: undefined,
  remaining: Infinity,
  resetS: 0,
  retryAfterS: 0,
}

export const allow = (policy: Policy, remaining: number, resetMs: number): Decision => ({
  allowed: true,
  policy,
  remaining,
  resetS: seconds(resetMs),
  retryAfterS: 0,
})

type Waits = { resetMs: number; waitMs: number }

export const deny = (policy: Policy, { resetMs, waitMs }: Waits): Decision => ({
  allowed: false,
  policy,
  remaining: 0,
  resetS: seconds(resetMs),
  // Whoever comes back on the second has to be let in.
  retryAfterS: Math.max(1, seconds(waitMs)),
})

const seconds = (ms: number) => (ms <= 0 ? 0 : Math.ceil(ms / 1_000))
