// The pool's figures as metrics, read when they are asked for: keeping gauges in step with every
// statement would cost more than the pool itself.

import type { Metrics } from '../observability/metrics.ts'
import type { PoolFigures } from './database.ts'

export function exposePool({ database }: Metrics, figures: () => PoolFigures) {
  const collect = () => {
    const { max, inUse, idle, waiting } = figures()
    database.poolMax.set(max)
    database.poolInUse.set(inUse)
    database.poolIdle.set(idle)
    database.poolWaiting.set(waiting)
  }
  // prom-client calls `collect` before it reads a series; the first of them sets all.
  Object.assign(database.poolMax, { collect })
}
