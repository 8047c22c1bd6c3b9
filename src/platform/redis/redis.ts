// What may be asked of Redis. Whoever asks has a way of going on without an answer.

import type { Keys } from './keys.ts'
import type { Input, Script } from './script.ts'
import type { Bus } from './bus.ts'

export type RedisFigures = {
  kind: 'single' | 'sentinel' | 'cluster'
  /** Questions that wait for their answer. */
  inFlight: number
  outages: number
  /** Instances that are alive, as far as is known. */
  instances: number
}

export type Redis = {
  keys: Keys
  bus: Bus
  /** While false nobody should ask: it would only be refused. */
  isUp(): boolean
  /** Rises with every loss. */
  outages(): number
  /** How many instances share this Redis, as far as was last known; this one counts. */
  instances(): number
  /** @throws RedisUnavailable at once while Redis is lost, and within the command timeout otherwise. */
  run(script: Script, input: Input): Promise<unknown>
  /** @throws RedisFailure which says why it is lost. */
  ping(): Promise<void>
  figures(): RedisFigures
  close(limitMs: number): Promise<void>
}

/** No answer; ask somebody else, or decide without one. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable'
}
