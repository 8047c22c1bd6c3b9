// Errors of requests that are too large, too slow, or too many: a part of `error-codes.ts`.

import { entry, type ErrorEntry } from './error-entry.ts'

export const BOUND_ERRORS = {
  body_too_slow: entry(408, 'The body came too slowly', {
    meaning: 'The whole body had not arrived in time, so nothing was done.',
    cause: 'A connection that is slow or broke off, or a client that stopped sending.',
    fix: 'Send the body at once, on a new connection; `detail` has the time that it may take.',
  }),
  payload_too_large: entry(413, 'The body is too large', {
    meaning: 'The body is larger than the server accepts.',
    cause: 'More than `ZERG_HTTP_BODY_MAX` bytes.',
    fix: 'Send less; the limit is in `detail`.',
  }),
  uri_too_long: entry(414, 'The URL is too long', {
    meaning: 'The path and query are longer than the server accepts; nothing was looked at.',
    cause:
      'More than `ZERG_HTTP_URL_MAX` bytes. Far longer ones are refused with 431, without a body.',
    fix: 'Ask for less in one request; follow `next_cursor` as it is.',
  }),
  rate_limited: entry(429, 'Too many requests', {
    meaning: 'The caller has used up what it may ask for; this request was not looked at.',
    cause: 'More requests than the limit in `RateLimit-Policy` allows, or too many at once.',
    fix: 'Wait for `Retry-After`, and spread requests out by what `RateLimit` says is left.',
  }),
  header_too_large: entry(431, 'The headers are too large', {
    meaning: 'The head of the request is larger than the server accepts; nothing was looked at.',
    cause: 'More than `ZERG_HTTP_HEADERS_MAX` bytes, or more than 100 headers.',
    fix: 'Send fewer and shorter headers. Heads over 16KiB are refused without a body.',
  }),
  too_many_in_flight: entry(503, 'Too many requests at once', {
    meaning: 'This instance handles as many requests as it can; this one was not looked at.',
    cause: 'More load than the instances there are can carry, or something behind them is slow.',
    fix: 'Repeat after `Retry-After`.',
  }),
} as const satisfies Record<string, ErrorEntry>
