// What a request's head says about itself: its id, its trace, how long it may take.

import { builtInCaller } from '#lib/caller.ts'
import type { Clock } from '#lib/clock.ts'
import { parseDuration } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import { keepExchange } from './exchange.ts'
import type { Exchange, House } from './exchange.ts'

type Arrival = {
  request: Request
  /** Of the socket's other end. */
  address: string | null
  house: House
  clock: Clock
  signal: AbortSignal
  requestTimeoutMs: number
}

/** Never throws: what is wrong with the head is the exchange's `refused`. */
export function openExchange(arrival: Arrival): { exchange: Exchange; refused?: AppError } {
  const { request, address, house, clock, signal, requestTimeoutMs } = arrival
  const { headers } = request
  const asked = headers.get('request-timeout')
  const timeoutMs = asked === null ? requestTimeoutMs : parseDuration(asked.trim())
  const call = {
    caller: builtInCaller({ via: 'http', address, requestId: requestId(headers) }),
    signal,
    deadlineAtMs: clock.nowMs() + Math.min(timeoutMs || requestTimeoutMs, requestTimeoutMs),
  }
  const exchange: Exchange = {
    request,
    house,
    call,
    traceId: traceId(headers),
    startedAtMs: clock.elapsedMs(),
    route: 'unmatched',
    dressed: undefined,
    error: undefined,
    bytesIn: 0,
    bytesOut: 0,
  }
  keepExchange(request, exchange)
  return timeoutMs ? { exchange } : { exchange, refused: badTimeout() }
}

const badTimeout = () =>
  new AppError('invalid_header', 'Request-Timeout is not a duration such as 250ms or 5s.')

const WELL_FORMED_ID = /^[\w.:~+/=@-]{1,128}$/

function requestId(headers: Headers): string {
  const given = headers.get('x-request-id')
  return given !== null && WELL_FORMED_ID.test(given) ? given : newId()
}

// W3C Trace Context: version, trace id, parent id, flags; an id of zeros is no id.
const TRACEPARENT =
  /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-.*)?$/

function traceId(headers: Headers): string | undefined {
  const given = headers.get('traceparent')
  return given === null ? undefined : TRACEPARENT.exec(given)?.[1]
}
