// What went wrong, as application/problem+json (RFC 9457). The one place that turns an error into an answer.

import { errorEntry } from '#lib/error-codes.ts'
import { toAppError } from '#lib/errors.ts'
import type { AppError } from '#lib/errors.ts'
import { seal } from './answers.ts'
import type { Exchange } from './exchange.ts'
import { pathOf } from './path.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/** Answers with what was thrown. `headers` are those that belong to this error, such as `allow`. */
export function answerProblem(
  exchange: Exchange,
  thrown: unknown,
  headers: Record<string, string> = {},
): Response {
  const error = toAppError(thrown)
  exchange.error = error
  headers['content-type'] = PROBLEM_TYPE
  headers['cache-control'] = 'no-store'
  if (error.retryAfterS !== undefined) headers['retry-after'] = String(error.retryAfterS)
  const body = problemOf(error, exchange)
  if (body.status === 401) headers['www-authenticate'] = challengeOf(error)
  // What is still to come of the body would be taken for the next request.
  if (error.code === 'body_too_slow') headers['connection'] = 'close'
  return seal(exchange, { status: body.status, body: JSON.stringify(body), headers })
}

// RFC 6750, section 3: nothing more is said to who showed nothing.
const challengeOf = ({ code }: AppError): string =>
  code === 'invalid_token' || code === 'token_expired'
    ? 'Bearer realm="zerg", error="invalid_token"'
    : 'Bearer realm="zerg"'

function problemOf(error: AppError, { call, url }: Exchange) {
  const { status, title } = errorEntry(error.code)
  return {
    type: `/errors/${error.code}`,
    title,
    status,
    detail: error.message,
    instance: pathOf(url),
    code: error.code,
    request_id: call.caller.requestId,
    errors: error.errors,
  }
}
