// What we stand on. Order matters: each line may use the ones above it, and closes before them.

import type { Config } from '#config/schema.ts'
import { systemClock } from '#lib/clock.ts'
import { auditLog } from './audit/audit.ts'
import { type Refusals, refusalLog } from './audit/refusals.ts'
import { type Embedded, openEmbedded } from './embedded/index.ts'
import type { Lifecycle } from './lifecycle/lifecycle.ts'
import { processRuns } from './lifecycle/runs.ts'
import { keyExpiry } from './idempotency/expiry.ts'
import { createLimits } from './limits/limits.ts'
import { createLocalLimiter } from './limits/local-limiter.ts'
import { createSharedLimiter } from './limits/shared-limiter.ts'
import type { Log } from './observability/log.ts'
import type { Metrics } from './observability/metrics.ts'
import { openDatabase } from './postgres/client.ts'
import type { Database } from './postgres/database.ts'
import { createMigrator } from './postgres/migrate/migrator.ts'
import { requireSchema } from './postgres/migrate/require-schema.ts'
import { openSession } from './postgres/migrate/session.ts'
import { type Periodic, periodicWork } from './periodic/periodic.ts'
import { type Bus, createLocalBus } from './redis/bus.ts'
import { openRedis } from './redis/open.ts'
import type { Redis } from './redis/redis.ts'
import { openSecrets } from './secrets/index.ts'

export type Platform = Awaited<ReturnType<typeof openPlatform>>

/** What any work on the data needs, whether by a server or by one command. */
export type Stores = Awaited<ReturnType<typeof openStores>>

type Storing = { config: Config; log: Log; metrics: Metrics; life: Pick<Lifecycle, 'open'> }
type Given = Storing & { life: Lifecycle; version: string }

/**
 * The stores, and the record of this process's life in them.
 *
 * @throws DatabaseFailure or AppError that says what to do.
 */
export async function openPlatform(given: Given) {
  const { log, metrics, life, version } = given
  const stores = await openStores(given)
  const { database } = stores
  const runs = await life.open(
    'runs',
    processRuns({ database, metrics, log, version, report: life.report }),
  )
  const periodic: Periodic = await life.open('periodic', periodicWork({ database, metrics, log }))
  periodic.register(keyExpiry({ database }))
  await life.open('audit', auditLog({ ...stores, periodic, log, metrics }))
  const limiter = stores.redis
    ? createSharedLimiter({ redis: stores.redis, clock: systemClock })
    : createLocalLimiter({ clock: systemClock })
  const limits = createLimits({ settings: given.config.limits, limiter, metrics })
  return { ...stores, runs, periodic, limits }
}

/** @throws DatabaseFailure or AppError that says what to do. */
export async function openStores({ config, log, metrics, life }: Storing) {
  const { url, ...settings } = config.database
  const waitMs = config.lifecycle.startTimeoutMs
  const embedded = url === undefined ? await openData() : undefined
  // After the data directory has been claimed, where there is one.
  const secrets = openSecrets({ ...config.auth, ...config.embedded })
  const source = embedded ? { socket: embedded.socket } : { url: url! }
  const database = await life.open('database', {
    start: async signal => {
      // Nobody else can: the data belongs to this process. A server's schema is for `zerg migrate`.
      if (embedded) await migrate(signal)
      const clock = systemClock
      return await openDatabase({ source, settings, log, metrics, clock, waitMs, signal })
    },
    close: (database: Database, limitMs) => database.close(limitMs),
  })
  if (!embedded) await requireSchema(database, AbortSignal.timeout(waitMs))
  const { refusalsPerMinute: perMinute } = config.audit
  const refusals: Refusals = await life.open(
    'refusals',
    refusalLog({ database, perMinute, log, metrics }),
  )
  const redis = config.redis.url === undefined ? undefined : await openShared()
  const bus: Bus = redis?.bus ?? createLocalBus({ log })
  return { database, embedded, secrets, refusals, redis, bus }

  // Its loss never keeps anything from starting, so that a start does not wait for it either.
  function openShared(): Promise<Redis> {
    const clock = systemClock
    return life.open('redis', {
      start: () => openRedis({ settings: config.redis, log, metrics, clock }),
      close: (redis: Redis, limitMs) => redis.close(limitMs),
    })
  }

  function openData(): Promise<Embedded> {
    return life.open('embedded', {
      start: () => openEmbedded({ ...config.embedded, log }),
      close: (embedded: Embedded) => embedded.close(),
    })
  }

  async function migrate(signal: AbortSignal) {
    const session = await openSession({ source, settings, log, waitMs, signal })
    try {
      const done = await createMigrator({ sql: session.sql }).up()
      for (const { name, durationMs } of done)
        log.info({ migration: name, duration_ms: durationMs }, 'migrated')
    } finally {
      await session.close()
    }
  }
}
