// The port: whoever counts requests against their limits, in this process or together with others.

import type { Decision } from './decision.ts'
import type { Policy } from './policy.ts'

export type Limiter = {
  /**
   * Counts one request of this client. At once wherever that can be, since most requests take this
   * way; never rejects.
   */
  take(policy: Policy, id: string): Decision | Promise<Decision>
  figures(): LimiterFigures
}

export type LimiterFigures = {
  /** Clients that are remembered here. */
  clients: number
  /** Questions to Redis. */
  trips: number
  /** Decided in this process because Redis did not answer. */
  alone: number
}
