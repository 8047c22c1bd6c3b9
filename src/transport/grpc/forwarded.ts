// How a caller came to the instance that forwards their call, so that logs and the audit tell of the
// one who asked and not of the instance in between.

import type { Metadata } from '@grpc/grpc-js'
import type { Caller, From } from '#lib/caller.ts'
import { traceIdOf, traceParentOf } from '#lib/trace-parent.ts'
import { REQUEST_ID_KEY } from './request-id.ts'

const TRACE_KEY = 'traceparent'
const ADDRESS_KEY = 'zerg-caller-address'

const ADDRESS = /^[\da-fA-F.:%]{2,64}$/

/** Puts the caller's way into the metadata of a call on their behalf. */
export function forward(metadata: Metadata, caller: Caller): void {
  const { requestId, traceId, address } = caller
  metadata.set(REQUEST_ID_KEY, requestId)
  if (traceId !== null) metadata.set(TRACE_KEY, traceParentOf(traceId))
  if (address !== null && ADDRESS.test(address)) metadata.set(ADDRESS_KEY, address)
}

/** The way that the forwarding instance tells of. Only for calls that show an internal token. */
export function forwardedFrom(metadata: Metadata, from: From): From {
  const [given] = metadata.get(ADDRESS_KEY)
  const address = typeof given === 'string' && ADDRESS.test(given) ? given : null
  // Whoever forwards serves HTTP.
  return { ...from, via: 'http', address }
}

export const traceOf = (metadata: Metadata): string | null => {
  const [given] = metadata.get(TRACE_KEY)
  return typeof given === 'string' ? traceIdOf(given) : null
}
