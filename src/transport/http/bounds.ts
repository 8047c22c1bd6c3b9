// How large the head of a request may be, and how many requests may be under way: in all, and of one
// client. Health is always answered: an instance that has much to do is not an ill one.

import { formatSize } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import type { Exchange } from './exchange.ts'
import { pathOf } from './path.ts'

export type Bounds = {
  urlMaxBytes: number
  headersMaxBytes: number
  /** How long a body may take to arrive, counted from the head. */
  bodyTimeoutMs: number
  inFlightMax: number
  inFlightClientMax: number
}

// Bun refuses 199 by itself, without our body.
const HEADERS_MAX = 100
const ALWAYS_ANSWERED = new Set(['/health', '/ready', '/startup'])

/** What is wrong with the size of a head; undefined where nothing is. */
export function createHeadBounds({ urlMaxBytes, headersMaxBytes }: Bounds) {
  return function complaint(url: string, headers: Headers): AppError | undefined {
    if (url.length > urlMaxBytes && targetBytes(url) > urlMaxBytes)
      return new AppError(
        'uri_too_long',
        `The path and query are longer than ${formatSize(urlMaxBytes)}.`,
      )
    // `toJSON` crosses into native code once, an iterator for every header.
    const all = headers.toJSON()
    let count = 0
    let bytes = 0
    for (const name in all) {
      count++
      bytes += name.length + all[name]!.length + SEPARATORS_BYTES
    }
    if (bytes > headersMaxBytes)
      return new AppError('header_too_large', `The headers exceed ${formatSize(headersMaxBytes)}.`)
    return count > HEADERS_MAX
      ? new AppError('header_too_large', `There are more than ${HEADERS_MAX} headers.`)
      : undefined
  }
}

// A colon, a space, and the end of the line.
const SEPARATORS_BYTES = 4

// Bun has put the scheme and the host in front of what was sent.
const targetBytes = (url: string): number =>
  url.length - (url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('//') + 2))

/** Counts requests under way. Each that enters has to leave, refused or not. */
export function createCrowd({ inFlightMax, inFlightClientMax }: Bounds) {
  const clients = new Map<string, number>()
  let all = 0

  return { enter, leave }

  /** @returns why the request is not handled; undefined where it is. */
  function enter({ client, url }: Exchange): AppError | undefined {
    all++
    const own = (clients.get(client) ?? 0) + 1
    clients.set(client, own)
    if ((all <= inFlightMax && own <= inFlightClientMax) || ALWAYS_ANSWERED.has(pathOf(url)))
      return undefined
    return own > inFlightClientMax
      ? new AppError('rate_limited', `More than ${inFlightClientMax} of your requests at once.`, {
          retryAfterS: 1,
        })
      : new AppError('too_many_in_flight', 'This instance has as much to do as it can.')
  }

  function leave({ client }: Exchange): void {
    all--
    const left = (clients.get(client) ?? 1) - 1
    if (left === 0) clients.delete(client)
    else clients.set(client, left)
  }
}
