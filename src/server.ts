// A server's life, from its settings to its last closed socket; reads like a table of contents.

import type { Config } from '#config/schema.ts'
import { systemClock } from '#lib/clock.ts'
import { COMMIT, VERSION } from '#lib/version.ts'
import type { Check } from '#platform/health/check.ts'
import { createHealth } from '#platform/health/health.ts'
import { openPlatform } from '#platform/index.ts'
import { createLifecycle } from '#platform/lifecycle/lifecycle.ts'
import type { ShutdownReport } from '#platform/lifecycle/report.ts'
import { listenForSignals } from '#platform/lifecycle/signals.ts'
import type { Log } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { watchRuntime } from '#platform/observability/runtime.ts'
import { openOperations } from '#transport/http/operations.ts'
import { createApp } from './app.ts'
import { checksOf } from './checks.ts'
import { openDoors, onPort } from './doors.ts'
import { type FirstKey, firstRun } from './first-run.ts'

/** Where a server that is ready can be reached, and where its data lies. */
export type Ready = {
  host: string
  ports: { http: number | undefined; grpc: number | undefined; operations: number }
  /** The folder of the embedded database; null in memory, undefined with PostgreSQL. */
  dataDir: string | null | undefined
  /** The embedded database was made by this very start. */
  fresh: boolean
  /** The key of a new database, to be shown this once. */
  firstKey: FirstKey
}

type Given = {
  config: Config
  log: Log
  onReady(ready: Ready): void
  /** Somebody is there to see what `onReady` shows. */
  isWatched: boolean
  /** Asked once signals are listened to: the one that came before. */
  askedBefore?(): 'SIGTERM' | 'SIGINT' | undefined
}

/**
 * Serves until somebody asks to stop; resolves with how that went.
 *
 * @throws StartFailure, DatabaseFailure or AppError when the start fails; what was opened is closed by then.
 */
export async function serve({
  config,
  log,
  onReady,
  isWatched,
  askedBefore,
}: Given): Promise<ShutdownReport> {
  const about = { version: VERSION, commit: COMMIT }
  const metrics = createMetrics()
  const life = createLifecycle({ log, ...config.lifecycle })
  const checks: Check[] = []
  // Known only once what they ask has been opened; the operations port is open before.
  let lastShutdown: () => unknown = () => undefined
  let lookAtDoors: () => void = () => undefined
  const health = createHealth({
    checks,
    clock: systemClock,
    state: life.state,
    requires: config.lifecycle.readyRequires,
  })
  listenForSignals(life)
  const asked = askedBefore?.()
  if (asked) void life.stop(asked)
  endOnDefects()

  try {
    await life.start(start)
  } catch (failure) {
    const report = await life.stopped
    if (report.reason === 'start_failed') throw failure
  }
  return await life.stopped

  async function start() {
    const operations = await openOperationsPort()
    const platform = await openPlatform({ config, log, metrics, life, version: VERSION })
    lastShutdown = platform.runs.lastShutdown
    const app = createApp({ config, platform, log, metrics })
    if (app.remote) await life.open('tasks-service', app.remote.resource)
    await life.open('auth', app.auth.resource)
    platform.periodic.register(app.auth.upkeep)
    await life.open('keys', app.keys.resource)
    const { embedded } = platform
    const firstKey = await firstRun({ app, config, embedded, isWatched, log })
    checks.push(...checksOf(platform, app))
    const { http, grpc } = await openDoors({ app, config, health, life, log, metrics })
    lookAtDoors = () => {
      if (http) metrics.http.inFlight.set(http.inFlight())
      if (http) metrics.http.connections.set(life.connections(http) ?? 0)
      if (grpc) metrics.grpc.connections.set(life.connections(grpc) ?? 0)
    }

    const ports = { http: http?.port, grpc: grpc?.port, operations: operations.port }
    await life.open('operator', app.operator.resource)
    embedded?.announce({ ports: definedOf(ports), address: config.http.host })
    log.info({ host: config.http.host, ...ports, ...about }, 'listening')
    onReady({
      host: config.http.host,
      ports,
      dataDir: embedded?.dataDir,
      fresh: embedded?.fresh ?? false,
      firstKey,
    })
  }

  /** Opened first and closed last, so that a start and a drain can be watched. */
  function openOperationsPort() {
    const runtime = watchRuntime({ metrics, clock: systemClock, about, state: life.state })
    const { host, opsPort: port, opsToken: token } = config.http
    return life.open('operations', {
      start: () =>
        onPort({ setting: 'ZERG_OPS_PORT', host, port }, () =>
          openOperations({
            host,
            port,
            token,
            health,
            registry: metrics.registry,
            collect: () => {
              runtime.collect()
              lookAtDoors()
            },
            about,
            lastShutdown: () => lastShutdown(),
            log,
            clock: systemClock,
          }),
        ),
      close: operations => {
        runtime.close()
        return operations.close()
      },
    })
  }

  // What nobody foresaw leaves the process in a state that nobody knows: it drains and ends with 1.
  function endOnDefects() {
    const end = (error: unknown) => {
      log.fatal({ err: error }, 'defect')
      void life.stop('failed', error)
    }
    process.on('uncaughtException', end)
    process.on('unhandledRejection', end)
  }
}

const definedOf = (ports: Ready['ports']): Record<string, number> =>
  Object.fromEntries(
    Object.entries(ports).flatMap(([name, port]) => (port === undefined ? [] : [[name, port]])),
  )
