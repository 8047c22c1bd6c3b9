// What is kept of each life of a process, and who counts it. `runs-table.ts` has the SQL.

import { hostname } from 'node:os'
import { newId } from '#lib/id.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Database } from '../postgres/database.ts'
import type { ShutdownReport } from './report.ts'
import type { Resource } from './resources.ts'
import * as table from './runs-table.ts'

export type EndedRun = table.EndedRun

export type ProcessRuns = {
  /** The latest end of any instance, as known at the last heartbeat; for detailed health. */
  lastShutdown(): EndedRun | undefined
  /** Renews the row and takes up what others left. Runs by itself; asked for by tests. */
  beat(): Promise<void>
}

type Needs = {
  database: Database
  metrics: Metrics
  log: Log
  version: string
  /** The shutdown so far; asked for when the row is filled in. */
  report(): ShutdownReport | undefined
  /** 10 s unless stated. Rows not renewed for six of these are unclean ends. */
  heartbeatMs?: number
}

const STATEMENT_MAX_MS = 5_000

// Every outcome; a new one does not compile until it is here.
const OUTCOMES: Readonly<Record<EndedRun['outcome'], true>> = {
  drained: true,
  forced: true,
  failed: true,
  unclean: true,
}

/** A resource to open right after the database, so that the row is filled in right before it closes. */
export function processRuns(
  needs: Needs,
): Resource<ProcessRuns & { close(limitMs: number): Promise<void> }> {
  return {
    start: () => openRuns(needs),
    close: (runs, limitMs) => runs.close(limitMs),
    closeMaxMs: 2_000,
  }
}

async function openRuns({ database, metrics, log, version, report, heartbeatMs = 10_000 }: Needs) {
  const instance = `${hostname()}/${process.pid}`
  let id = newId()
  let isOpen = false
  let last: EndedRun | undefined
  let beating: Promise<void> | undefined
  let beatAtMs = Number.NEGATIVE_INFINITY

  // A series that begins at 1 has never increased, as Prometheus sees it.
  for (const outcome of Object.keys(OUTCOMES)) metrics.shutdown.ended.inc({ outcome }, 0)
  await beat()
  const timer = setInterval(() => void beat(), heartbeatMs)
  timer.unref()

  return { lastShutdown: () => last, beat, close }

  // Never rejects: a database that is away is somebody else's to report, and must not stop a start.
  function beat(): Promise<void> {
    beating ??= beatOnce()
      .catch((error: unknown) => log.debug({ err: error }, 'heartbeat_failed'))
      .finally(() => (beating = undefined))
    return beating
  }

  async function beatOnce() {
    const on = database.on(AbortSignal.timeout(STATEMENT_MAX_MS))
    if (!isOpen) {
      await table.open(on, { id, instance, version })
      isOpen = true
      await table.prune(on)
    } else if (!(await table.renew(on, id))) {
      // We were away for so long that another took us for dead and counted that.
      id = newId()
      await table.open(on, { id, instance, version })
    }
    for (const run of await table.takeUp(on, { id, staleMs: staleMs() })) {
      count(metrics, run)
      log.info({ instance: run.instance, outcome: run.outcome }, 'process_end_counted')
    }
    last = await table.latest(on)
    beatAtMs = performance.now()
  }

  // After the database was away every row looks stale, and its owner may be alive: whoever has not
  // beaten lately either leaves the others the time to renew theirs. An embedded database is ours
  // alone, so that every other row is a dead one's.
  function staleMs(): number | null {
    if (database.kind === 'embedded') return 0
    return performance.now() - beatAtMs < heartbeatMs * 3 ? heartbeatMs * 6 : null
  }

  async function close(limitMs: number) {
    clearInterval(timer)
    await beating
    const filled = report()
    if (!isOpen || !filled) return
    await table.fill(database.on(AbortSignal.timeout(limitMs)), id, filled)
  }
}

function count({ shutdown }: Metrics, { outcome, report }: EndedRun) {
  shutdown.ended.inc({ outcome })
  if (!report) return
  shutdown.requestsDrained.inc(report.requests.finished)
  shutdown.requestsCut.inc(report.requests.cut)
  shutdown.connectionsForced.inc(report.connections.forced)
  shutdown.duration.observe(report.duration_ms / 1_000)
  for (const phase of report.phases)
    shutdown.phaseSeconds.inc({ phase: phase.name }, phase.duration_ms / 1_000)
}
