// What remains of a request: one line in the log, and its share of the metrics.

import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { maskText } from '#lib/mask.ts'
import { rawLines } from '#platform/observability/log.ts'
import type { Refusals } from '#platform/audit/refusals.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { Series } from '#platform/observability/tally.ts'
import type { Exchange } from './exchange.ts'
import { pathOf } from './path.ts'

/** Probes and scrapes come every few seconds and say nothing new. */
const QUIET_ROUTES = new Set(['/health', '/ready', '/startup', '/metrics'])
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

type Given = {
  log: Log
  metrics: Metrics | undefined
  /** Absent where nobody keeps them: on the operations port. */
  refusals: Refusals | undefined
  clock: Clock
}

export function createAccounts(given: Given) {
  const { log, metrics, refusals, clock } = given
  const series = metrics && createSeries(metrics)
  const lines = rawLines(log, 'request')

  return { settle }

  function settle(exchange: Exchange, status: number): void {
    const durationMs = clock.elapsedMs() - exchange.startedAtMs
    series?.count(methodOf(exchange), exchange.route, { status, durationMs })
    write(exchange, status, durationMs)
    if (exchange.error !== undefined)
      refusals?.note(exchange.call, exchange.error, aboutOf(exchange))
  }

  function write(exchange: Exchange, status: number, durationMs: number): void {
    if (status >= 500) return writeFailure(exchange, status, durationMs)
    if (QUIET_ROUTES.has(exchange.route)) lines.debug?.(partsOf(exchange, status, durationMs))
    else lines.info?.(partsOf(exchange, status, durationMs))
  }

  function writeFailure(exchange: Exchange, status: number, durationMs: number): void {
    const line = JSON.parse(`{${partsOf(exchange, status, durationMs)}}`) as object
    const cause = causeOf(exchange.error)
    if (status === 500) log.error({ ...line, err: cause }, 'request')
    // Foreseen, and during an outage as frequent as requests: no stack each time.
    else log.warn({ ...line, cause: cause instanceof Error ? cause.message : undefined }, 'request')
  }
}

// For the audit log: which rule was in the way, as far as the request got.
function aboutOf({ access, method, route }: Exchange) {
  const rule = access?.rule
  return {
    ...(typeof rule === 'object' && { action: rule.action }),
    after: { method: method.slice(0, 16), route },
  }
}

// The line as JSON, put together by hand: it is written for every request, and of what the client
// sent only the path needs care. Ids are well-formed, methods and routes are ours.
function partsOf(exchange: Exchange, status: number, durationMs: number): string {
  const { url, call, error } = exchange
  const { traceId } = call.caller
  const path = shownPath(pathOf(url))
  const trace = traceId === null ? '' : `,"trace_id":"${traceId}"`
  const code = error instanceof AppError ? `,"code":"${error.code}"` : ''
  return (
    `"request_id":"${call.caller.requestId}","method":"${methodOf(exchange)}","route":"${exchange.route}"` +
    `,"path":${path},"status":${status},"duration_ms":${Math.round(durationMs * 1_000) / 1_000}` +
    `,"caller":"${call.caller.kind}","bytes_in":${exchange.bytesIn},"bytes_out":${exchange.bytesOut}${trace}${code}`
  )
}

const PATH_MAX = 512
// Nothing to escape, and no room for a secret but a JSON Web Token.
const PLAIN_PATH = /^[\w/~%-]*$/

const shownPath = (path: string): string =>
  path.length <= PATH_MAX && PLAIN_PATH.test(path)
    ? `"${path}"`
    : JSON.stringify(maskText(path.slice(0, PATH_MAX)))

const methodOf = ({ method }: Exchange): string => (KNOWN_METHODS.has(method) ? method : 'OTHER')

// A refusal that we foresaw explains itself by its code; what led to it is of interest.
const causeOf = (error: unknown): unknown => (error instanceof AppError ? error.cause : error)

// A route is answered with few statuses, so its series are kept. Routes and methods come from fixed
// sets, so this is bounded.
function createSeries({ http }: Metrics) {
  const kept = new Map<string, Series>()

  return {
    count(method: string, route: string, of: { status: number; durationMs: number }): void {
      const key = `${of.status}${method}${route}`
      let found = kept.get(key)
      if (!found) kept.set(key, (found = http.series({ method, route, status: String(of.status) })))
      found.record(of.durationMs / 1_000)
    },
  }
}
