// What the audit log needs done beside the writing: sealing, its months prepared, its lag watched.

import type { Resource } from '../lifecycle/resources.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Periodic } from '../periodic/periodic.ts'
import type { Database } from '../postgres/database.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { byIndex } from './by-index.ts'
import { createHeadKeys } from './heads.ts'
import { makePartitionsPatiently } from './partitions.ts'
import { createSealer } from './sealer.ts'
import { readTip, readWaiting } from './seals-table.ts'

type Needs = {
  database: Database
  periodic: Periodic
  secrets: Secrets
  log: Log
  metrics: Metrics
}

// An entry waits this long at most; twice it, and what a dead instance's lease takes, is below 10 s.
const SEAL_EVERY_MS = 2_000
const PARTITIONS_EVERY_MS = 3_600_000
const LOOK_EVERY_MS = 5_000
const LOOK_MAX_MS = 4_000
/** Said in the log from here on; the bar is 10 s. */
const LAG_MAX_S = 20
const TELL_EVERY_MS = 60_000

/** A resource to open after periodic work. */
export function auditLog(needs: Needs): Resource<{ close(): void }> {
  return { start: () => openAudit(needs), close: it => it.close() }
}

function openAudit({ database, periodic, secrets, log, metrics }: Needs) {
  const on = database.on
  const { seal } = createSealer({ database, keys: createHeadKeys(secrets), log, metrics })
  periodic.register({ name: 'audit-seal', everyMs: SEAL_EVERY_MS, run: seal })
  periodic.register({
    name: 'audit-partitions',
    everyMs: PARTITIONS_EVERY_MS,
    run: signal => makePartitionsPatiently(on(signal), signal),
  })

  // By every instance, not by the one that seals: that nobody does must show too.
  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  timer.unref()
  let toldAtMs = Number.NEGATIVE_INFINITY

  return { close: () => clearInterval(timer) }

  async function look() {
    try {
      const { entries, lag_s } = await byIndex(
        database,
        AbortSignal.timeout(LOOK_MAX_MS),
        async on => await readWaiting(on, await readTip(on)),
      )
      metrics.audit.unsealed.set(entries)
      metrics.audit.lag.set(lag_s)
      if (lag_s > LAG_MAX_S) tell(entries, lag_s)
    } catch (error) {
      // A database that is away is somebody else's to report.
      log.debug({ err: error }, 'audit_look_failed')
    }
  }

  function tell(unsealed: number, lag_s: number) {
    if (performance.now() - toldAtMs < TELL_EVERY_MS) return
    toldAtMs = performance.now()
    log.warn({ unsealed, lag_s: Math.round(lag_s) }, 'audit_sealing_lags')
  }
}
