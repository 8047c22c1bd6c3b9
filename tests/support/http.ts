// A feature's routes behind the whole pipeline, without a socket. Answers as a server would.

import { pino } from 'pino'
import type { AnyElysia } from 'elysia'
import { systemClock } from '#lib/clock.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { createPipeline } from '#transport/http/pipeline.ts'
import type { PipelineOptions } from '#transport/http/pipeline.ts'

/** `const http = httpOver(taskRoutes({ tasks })); const answer = await http('/api/v1/tasks', { method: … })`. */
export function httpOver(
  routes: AnyElysia | readonly AnyElysia[],
  options: Partial<PipelineOptions> = {},
) {
  const pipeline = pipelineOver(routes, options)
  return (path: string, init: RequestInit = {}): Promise<Response> =>
    pipeline.handle(new Request(`http://zerg.test${path}`, init))
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
    ...options,
    routes: [routes].flat(),
  })

/** The headers and body of a JSON request. */
export const jsonBody = (value: unknown, type = 'application/json'): RequestInit => ({
  headers: { 'content-type': type },
  body: JSON.stringify(value),
})
