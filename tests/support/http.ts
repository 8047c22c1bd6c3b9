// A feature's routes behind the whole pipeline, without a socket. Answers as a server would.

import { pino } from 'pino'
import type { AnyElysia } from 'elysia'
import { callerOf } from '#lib/caller.ts'
import { systemClock } from '#lib/clock.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { SIGNED_IN } from '#transport/http/access.ts'
import type { Admission } from '#transport/http/admission.ts'
import { undocumented } from '#transport/http/docs/documented.ts'
import { createPipeline } from '#transport/http/pipeline.ts'
import type { PipelineOptions } from '#transport/http/pipeline.ts'
import { BUILT_IN } from './built-in.ts'

/** `const http = httpOver(taskRoutes({ tasks })); const answer = await http('/api/v1/tasks', { method: … })`. */
export function httpOver(
  routes: AnyElysia | readonly AnyElysia[],
  options: Partial<PipelineOptions> = {},
) {
  const pipeline = pipelineOver(routes, options)
  return (path: string, init: RequestInit = {}): Promise<Response> =>
    pipeline.handle(new Request(`http://zerg.test${path}`, init))
}

/** The options of a route that only a test has. */
export const testRoute = { detail: undocumented({ rule: SIGNED_IN }) }

/** The admission of a test that is not about it: everybody is the built-in user. */
export const admitsAll: Admission = {
  admit: exchange => {
    exchange.call.caller = callerOf(BUILT_IN, exchange.from)
  },
}

/** The pipeline itself, for what only a server asks of it, such as a drain. */
export const pipelineOver = (
  routes: AnyElysia | readonly AnyElysia[],
  options: Partial<PipelineOptions> = {},
) =>
  createPipeline({
    log: pino({ level: 'silent' }),
    metrics: createMetrics(),
    clock: systemClock,
    bodyMaxBytes: 1_048_576,
    requestTimeoutMs: 5_000,
    admission: admitsAll,
    ...options,
    routes: [routes].flat(),
  })

/** The headers and body of a JSON request. */
export const jsonBody = (value: unknown, type = 'application/json'): RequestInit => ({
  headers: { 'content-type': type },
  body: JSON.stringify(value),
})
