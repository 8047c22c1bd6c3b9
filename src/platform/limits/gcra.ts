// The generic cell rate algorithm: a client owes time for what it has asked for, and may owe at most a
// window. One number is all that is remembered, and nothing has to be refilled.

import { allow, deny } from './decision.ts'
import type { Policy } from './policy.ts'

/** What is remembered of a client: until when it owes. */
export type Debt = { untilMs: number }

/**
 * Counts one request. `sharedBy` instances that do not see each other each allow their part of the
 * limit: a request then owes that many times as much.
 */
export function takeOne(debt: Debt, policy: Policy, at: { nowMs: number; sharedBy: number }) {
  const { nowMs, sharedBy } = at
  const costMs = policy.intervalMs * sharedBy
  const owedMs = Math.max(0, debt.untilMs - nowMs)
  // One request is always allowed to whoever owes nothing, however many share a small limit.
  const mayOweMs = Math.max(policy.windowMs, costMs)
  const leftMs = mayOweMs - owedMs - costMs
  if (leftMs < -ROUNDING_MS) return deny(policy, { resetMs: owedMs, waitMs: -leftMs })
  debt.untilMs = nowMs + owedMs + costMs
  return allow(policy, Math.floor(leftMs / costMs + ROUNDING_MS), owedMs + costMs)
}

// Thousands of additions of a third of a millisecond do not end on a whole number.
const ROUNDING_MS = 1e-3
