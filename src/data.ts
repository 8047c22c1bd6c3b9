// The data itself, opened for one command: no doors, no work that comes round, no record of a run.

import type { Config } from '#config/schema.ts'
import { systemClock } from '#lib/clock.ts'
import { openStores } from '#platform/index.ts'
import { createResources } from '#platform/lifecycle/resources.ts'
import { createTimeline } from '#platform/lifecycle/timeline.ts'
import { createLog } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'

export type Data = Awaited<ReturnType<typeof openData>>

const CLOSE_MAX_MS = 5_000

/** @throws DatabaseFailure, StartFailure or AppError that says what to do. */
export async function openData(config: Config) {
  const { log } = createLog({ level: 'silent', format: 'json' })
  const metrics = createMetrics()
  const resources = createResources(log)
  const signal = AbortSignal.timeout(config.lifecycle.startTimeoutMs * 2)
  const life = {
    open: <T>(name: string, resource: Parameters<typeof resources.open<T>>[1]) =>
      resources.open(name, resource, signal),
  }
  const close = () =>
    resources.closeAll(createTimeline(systemClock, { budgetMs: CLOSE_MAX_MS, drainMaxMs: 0 }), [])
  try {
    const stores = await openStores({ config, log, metrics, life })
    return { stores, log, metrics, life, signal, close }
  } catch (failure) {
    await close()
    throw failure
  }
}
