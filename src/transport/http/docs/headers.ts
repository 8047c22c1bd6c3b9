// The headers that requests and answers share, described once.

import type { AnswerHeader } from './documented.ts'
import type { Header, Parameter } from './openapi.ts'

type RequestHeader =
  | 'X-Request-Id'
  | 'Request-Timeout'
  | 'If-None-Match'
  | 'If-Match'
  | 'Idempotency-Key'

// Without examples: pages that try requests out would send every one of them along.
const requestHeader = (name: RequestHeader, description: string, pattern?: string): Parameter => ({
  name,
  in: 'header',
  description,
  required: false,
  schema: { type: 'string', ...(pattern !== undefined && { pattern }) },
})

const TAG = '(W/)?"[!#-~]*"'

export const REQUEST_HEADERS: Readonly<Record<RequestHeader, Parameter>> = {
  'X-Request-Id': requestHeader(
    'X-Request-Id',
    'Names the request in logs and answers, in 1 to 128 letters, digits and `_.:~+/=@-`. One that is missing or not well-formed is replaced by a new one.',
  ),
  'Request-Timeout': requestHeader(
    'Request-Timeout',
    'Shortens the deadline of this request: a duration such as `250ms` or `5s`.',
    String.raw`^[1-9]\d{0,8}(\.\d{1,9})?(ms|s|m|h)$`,
  ),
  'If-None-Match': requestHeader(
    'If-None-Match',
    'An `ETag` that the client holds, such as `"3"`: while it is still the present one, the answer is 304 without a body.',
  ),
  'If-Match': requestHeader(
    'If-Match',
    'The `ETag` that the change is meant for, such as `"3"`: when the resource has changed since, nothing is done and the answer is 412.',
    String.raw`^(\*|${TAG}(, ?${TAG})*)$`,
  ),
  'Idempotency-Key': requestHeader(
    'Idempotency-Key',
    'Makes a repetition harmless: a random name of this change, in 1 to 255 printable ASCII characters. For 24 hours the same request under the same key is answered with what was answered first.',
    '^[!-~]([ -~]{0,253}[!-~])?$',
  ),
}

const answerHeader = (description: string, example: unknown, type = 'string'): Header => ({
  description,
  schema: { type },
  example,
})

/** Not stated by any route: the pipeline adds them. */
export type EverywhereHeader = 'X-Request-Id' | 'RateLimit-Policy' | 'RateLimit'

export const ANSWER_HEADERS: Readonly<
  Record<AnswerHeader | EverywhereHeader | 'Retry-After' | 'WWW-Authenticate', Header>
> = {
  'X-Request-Id': answerHeader(
    'The name of this request in the logs; quote it when asking for help.',
    '01939c2e-7a61-7d3c-8f5e-3b1c2d4e5f60',
  ),
  'RateLimit-Policy': answerHeader(
    'The limit that counted this request: its name, how many (`q`) in how many seconds (`w`).',
    '"read";q=6000;w=60',
  ),
  RateLimit: answerHeader(
    'How many requests are left under it (`r`), and in how many seconds all of them are back, or, where none is left, the next one (`t`).',
    '"read";r=5987;t=1',
  ),
  'WWW-Authenticate': answerHeader('How to say who is asking (RFC 6750).', 'Bearer realm="zerg"'),
  'Retry-After': answerHeader('Seconds to wait before the request is repeated.', 1, 'integer'),
  ETag: answerHeader(
    'The version of what is in the answer, for `If-Match` and `If-None-Match`.',
    '"3"',
  ),
  'Last-Modified': answerHeader('When it last changed.', 'Fri, 02 Jan 2026 03:04:05 GMT'),
  Link: answerHeader(
    'The next page as `rel="next"` (RFC 8288); absent on the last page.',
    '</api/v1/tasks?cursor=eyJrIjoiMDE5MyJ9>; rel="next"',
  ),
  Location: answerHeader(
    'The path of what was created.',
    '/api/v1/tasks/01939c2e-7a61-7d3c-8f5e-3b1c2d4e5f60',
  ),
  'Idempotency-Replayed': answerHeader(
    '`true` on an answer that was given before, to the first request with this `Idempotency-Key`.',
    'true',
  ),
  'Cache-Control': answerHeader('How the answer may be cached.', 'private, no-cache'),
}
