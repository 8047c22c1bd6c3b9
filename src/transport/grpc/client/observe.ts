// One call to another service, as logs and metrics tell it.

import type { Call } from '#lib/call.ts'
import type { Clock } from '#lib/clock.ts'
import type { AppError } from '#lib/errors.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'

const SLOW_MS = 1_000

type Needs = {
  name: string
  path: string
  clock: Clock
  log: Log
  metrics: Metrics['tasksService']
}

export function observeCall(call: Call, { name, path, clock, log, metrics }: Needs) {
  const startedAtMs = clock.elapsedMs()
  const method = path.slice(1)
  let attempts = 1

  return {
    retried: () => {
      attempts++
      metrics.retries.inc({ method })
    },
    ended: (error: AppError | undefined) => {
      const durationMs = clock.elapsedMs() - startedAtMs
      const status = error?.code ?? 'ok'
      metrics.requests.inc({ method, status })
      metrics.duration.observe({ method, status }, durationMs / 1000)
      const line = {
        service: name,
        request_id: call.caller.requestId,
        method,
        status,
        duration_ms: Math.round(durationMs * 10) / 10,
        attempts,
        ...(error && error.cause !== undefined && { err: error.cause }),
      }
      if (durationMs > SLOW_MS) log.warn(line, 'outgoing_call_slow')
      else log.debug(line, 'outgoing_call')
    },
  }
}
