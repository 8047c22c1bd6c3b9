// What an answer says after its message, or with its status: that it was given before, and what is
// left of the caller's limit.

import { Metadata, type StatusObject } from '@grpc/grpc-js'
import type { Decision } from '#platform/limits/decision.ts'
import { sayLimit } from '../http/limit-headers.ts'
import { toStatus } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { REPLAYED_KEY } from './idempotency-key.ts'

/** Undefined where there is nothing to say. */
export function trailersOf({ call, limit }: Exchange): Metadata | undefined {
  if (!limit && !call.idempotency?.replayed) return undefined
  const trailers = new Metadata()
  if (call.idempotency?.replayed) trailers.set(REPLAYED_KEY, 'true')
  if (limit) tellLimit(trailers, limit)
  return trailers
}

/** The status of what was thrown, with the same beside it. */
export function statusOf({ limit }: Exchange, thrown: unknown): StatusObject {
  const status = toStatus(thrown)
  if (limit) tellLimit(status.metadata, limit)
  return status
}

// The same words as over HTTP.
function tellLimit(metadata: Metadata, limit: Decision): void {
  const words: Record<string, string> = {}
  sayLimit(words, limit)
  for (const [name, value] of Object.entries(words)) metadata.set(name, value)
}
