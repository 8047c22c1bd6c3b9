// One request under way, from its head to its answer. Handlers reach it by the request that Elysia
// hands them: `callOf(request)` for the service, the rest by the readers and answers of this folder.

import type { Call } from '#lib/call.ts'
import type { From } from '#lib/caller.ts'
import type { Decision } from '#platform/limits/decision.ts'
import type { Access } from './access.ts'
import type { ClientAddress } from './client-address.ts'
import type { Cors } from './cors.ts'
import type { CameByTls } from './scheme.ts'

/** What every exchange of one server shares. */
export type House = {
  /** Set once, by the shutdown: every answer from then on tells its client to leave. */
  draining: boolean
  readonly bodyMaxBytes: number
  /** Absent where a body may take as long as its request. */
  readonly bodyTimeoutMs?: number | undefined
  /** Absent where the socket's other end is the client, whatever headers say. */
  readonly clientAddress?: ClientAddress | undefined
  /** Absent where no page of another origin may read answers. */
  readonly cors?: Cors | undefined
  /** Absent where TLS neither ends at us nor at a proxy that is trusted. */
  readonly cameByTls?: CameByTls | undefined
}

export type Exchange = {
  readonly request: Request
  /** As the request says them; asking it crosses into native code each time. */
  readonly method: string
  readonly url: string
  readonly house: House
  readonly call: Call
  /** The way that the caller came, whoever it turns out to be. */
  readonly from: From
  /** Who counts as one client before it is known who asks: an address, or the network around it. */
  readonly client: string
  /** What became of it under its limit, for its headers; the last one asked counts. */
  limit: Decision | undefined
  /** Whether its body is on its way. */
  isReading: boolean
  /** Fires the call's signal. */
  readonly controller: AbortController
  /** Takes the answer; whoever comes second is too late. */
  leave: ((answer: Response) => void) | undefined
  /** When the signal fired; 0 while it has not. */
  endedAtMs: number
  /** Whether somebody listens for its client hanging up. */
  isWatched: boolean
  /** Whether the client's own connection is one of TLS. */
  readonly isByTls: boolean
  /** Monotonic. */
  readonly startedAtMs: number
  /** The route's template, such as `/api/v1/tasks/:id`; `unmatched` until one is found. */
  route: string
  /** What the route asks of its callers, once it is found. */
  access: Access | undefined
  /** The answer that already has every header of ours, so that nothing is set twice. */
  dressed: Response | undefined
  /** The error that was answered; undefined where all went well. */
  error: unknown
  bytesIn: number
  bytesOut: number
}

// A property of the request and not a WeakMap, which the garbage collector has to walk for each of
// thousands of requests a second.
const EXCHANGE = Symbol('exchange')

type Known = Request & { [EXCHANGE]?: Exchange }

export const keepExchange = (request: Known, exchange: Exchange): void => {
  request[EXCHANGE] = exchange
}

/** @throws Error when the request did not come in by a pipeline. */
export function exchangeOf(request: Known): Exchange {
  const exchange = request[EXCHANGE]
  if (!exchange) throw new Error('This request did not come in by a pipeline.')
  return exchange
}

/** What a service function takes first: who asks, and until when. */
export const callOf = (request: Request): Call => exchangeOf(request).call
