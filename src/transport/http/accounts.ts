// What remains of a request: one line in the log, and its share of the metrics.

import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { Exchange } from './exchange.ts'
import { pathOf } from './problem.ts'

/** Probes and scrapes come every few seconds and say nothing new. */
const QUIET_ROUTES = new Set(['/health', '/ready', '/startup', '/metrics'])
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

type Given = { log: Log; metrics: Metrics | undefined; clock: Clock }

export function createAccounts(given: Given) {
  const { log, metrics, clock } = given
  const series = metrics && createSeries(metrics)

  return { settle }

  function settle(exchange: Exchange, status: number): void {
    const durationMs = clock.elapsedMs() - exchange.startedAtMs
    const { method } = exchange.request
    series?.count(KNOWN_METHODS.has(method) ? method : 'OTHER', exchange.route, {
      status,
      durationMs,
    })
    write(exchange, status, durationMs)
  }

  function write(exchange: Exchange, status: number, durationMs: number): void {
    const { request, call, route, error } = exchange
    const line = {
      request_id: call.caller.requestId,
      method: request.method.slice(0, 32),
      route,
      path: pathOf(request.url).slice(0, 512),
      status,
      duration_ms: Math.round(durationMs * 1_000) / 1_000,
      caller: call.caller.kind,
      bytes_in: exchange.bytesIn,
      bytes_out: exchange.bytesOut,
      trace_id: exchange.traceId,
      code: error instanceof AppError ? error.code : undefined,
    }
    if (status === 500) log.error({ ...line, err: causeOf(error) }, 'request')
    else if (status >= 500) log.warn({ ...line, err: causeOf(error) }, 'request')
    else if (QUIET_ROUTES.has(route)) log.debug(line, 'request')
    else log.info(line, 'request')
  }
}

const causeOf = (error: unknown): unknown =>
  error instanceof AppError ? (error.cause ?? error) : error

// prom-client looks a labelled child up by a hash of its labels; a route is answered with few
// statuses, so the children are kept. Routes and methods come from fixed sets, so this is bounded.
function createSeries({ http }: Metrics) {
  const make = (method: string, route: string, status: number) => {
    const labels = { method, route, status: String(status) }
    return { requests: http.requests.labels(labels), duration: http.duration.labels(labels) }
  }
  const kept = new Map<string, ReturnType<typeof make>>()

  return {
    count(method: string, route: string, of: { status: number; durationMs: number }): void {
      const key = `${of.status}${method}${route}`
      let found = kept.get(key)
      if (!found) kept.set(key, (found = make(method, route, of.status)))
      found.requests.inc()
      found.duration.observe(of.durationMs / 1_000)
    },
  }
}
