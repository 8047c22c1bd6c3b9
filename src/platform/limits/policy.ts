// A limit: how much of which kind of request a client may ask for.

import type { Rate } from '#lib/rate.ts'

export type Policy = {
  /** Shown to clients and in metrics: `read`, `address-login`. */
  readonly name: string
  readonly limit: number
  readonly windowMs: number
  /** What one request uses up: after so long one more is allowed. */
  readonly intervalMs: number
}

export const createPolicy = (name: string, { limit, windowMs }: Rate): Policy => ({
  name,
  limit,
  windowMs,
  intervalMs: windowMs / limit,
})
