// How much of a limit an instance may hold in its hands, so that most requests cost no question to
// Redis. All instances together never hold more than this part of it, used or not: that is also how far
// the sum of what they allow can be from what a single one would.

import type { Policy } from './policy.ts'

const HELD_MAX = 0.04
/** Below this many a window each request is a question of its own, and no limit is ever exceeded. */
export const SHARED_FROM = 200
// What was taken comes back to the limit in this part of its window, so that it is not kept for longer.
const LEASE_PART = 0.25
const LEASE_MAX_MS = 15_000
/** A share that is used up sooner was too small. */
const SHORT_MS = 500

/** The most that one of so many instances may hold. */
export const shareMaxOf = ({ limit }: Policy, instances: number): number =>
  limit < SHARED_FROM ? 0 : Math.floor((limit * HELD_MAX) / instances)

export const leaseOf = ({ windowMs }: Policy): number =>
  Math.min(LEASE_MAX_MS, windowMs * LEASE_PART)

type Last = { share: number; heldMs: number; unused: number }

/** The next share: who asks for much holds more, who leaves it unused less. */
export function nextShare(last: Last, shareMax: number): number {
  const least = Math.ceil(shareMax / 4)
  const { share, heldMs, unused } = last
  if (heldMs < SHORT_MS) return Math.min(shareMax, Math.max(least, share * 2))
  if (unused > share / 2) return Math.min(shareMax, Math.max(least, share >> 1))
  return Math.min(shareMax, Math.max(least, share))
}
