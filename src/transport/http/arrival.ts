// What a request's head says about itself: its id, its trace, how long it may take.

import { networkOf } from '#lib/address.ts'
import { ANONYMOUS, callerOf, type From } from '#lib/caller.ts'
import type { Clock } from '#lib/clock.ts'
import { parseDuration } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import { traceIdOf } from '#lib/trace-parent.ts'
import { keepExchange } from './exchange.ts'
import type { Exchange, House } from './exchange.ts'

/** The other end of a request's socket. */
export type AddressOf = (request: Request) => string | null

type Given = {
  house: House
  clock: Clock
  requestTimeoutMs: number
  /** What is wrong with the size of a head. */
  complaint?: ((url: string, headers: Headers) => AppError | undefined) | undefined
}

/** Opens exchanges. What is wrong with a head becomes the exchange's `error`. */
export function createArrivals({ house, clock, requestTimeoutMs, complaint }: Given) {
  return function open(request: Request, addressOf: AddressOf): Exchange {
    const { headers } = request
    const asked = headers.get('request-timeout')
    const timeoutMs = asked === null ? requestTimeoutMs : parseDuration(asked.trim())
    const controller = new AbortController()
    const { url } = request
    const address = house.clientAddress?.(request, addressOf) ?? addressOf(request)
    const from: From = {
      via: 'http',
      requestId: requestId(headers),
      traceId: traceId(headers),
      address,
    }
    const exchange: Exchange = {
      request,
      method: request.method,
      url,
      house,
      call: {
        caller: callerOf(ANONYMOUS, from),
        signal: controller.signal,
        deadlineAtMs: clock.nowMs() + Math.min(timeoutMs || requestTimeoutMs, requestTimeoutMs),
      },
      from,
      client: address === null ? 'nowhere' : networkOf(address),
      limit: undefined,
      isReading: false,
      controller,
      leave: undefined,
      endedAtMs: 0,
      isWatched: false,
      isByTls: house.cameByTls?.(request, addressOf) ?? false,
      startedAtMs: clock.elapsedMs(),
      route: 'unmatched',
      access: undefined,
      dressed: undefined,
      error: timeoutMs ? (complaint?.(url, headers) ?? faultOf(headers)) : badTimeout(),
      bytesIn: 0,
      bytesOut: 0,
    }
    keepExchange(request, exchange)
    return exchange
  }
}

// RFC 9112, section 3.2: a proxy before us may have read the other one. Bun takes the first.
const faultOf = (headers: Headers): AppError | undefined =>
  headers.get('host')?.includes(',')
    ? new AppError('invalid_header', 'Host is given twice.')
    : undefined

const badTimeout = () =>
  new AppError('invalid_header', 'Request-Timeout is not a duration such as 250ms or 5s.')

const WELL_FORMED_ID = /^[\w.:~+/=@-]{1,128}$/

function requestId(headers: Headers): string {
  const given = headers.get('x-request-id')
  return given !== null && WELL_FORMED_ID.test(given) ? given : newId()
}

function traceId(headers: Headers): string | null {
  const given = headers.get('traceparent')
  return given === null ? null : traceIdOf(given)
}
