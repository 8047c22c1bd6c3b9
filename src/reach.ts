// Whether what a configuration names is there and fit for use, for `zerg config check --connect`.

import type { Config } from '#config/schema.ts'
import { connectTasks } from '#features/tasks/index.ts'
import { systemClock } from '#lib/clock.ts'
import { type Log, createLog } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { DatabaseFailure } from '#platform/postgres/failure.ts'
import { inspectDatabase } from '#platform/postgres/inspect.ts'
import { RedisFailure } from '#platform/redis/failure.ts'
import { inspectRedis } from '#platform/redis/inspect.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import type { Credentials } from '#transport/grpc/client/metadata.ts'
import { createInternalTokens } from '#transport/grpc/internal-token.ts'

/** `setting` is the environment variable that it is about. */
export type Reached = { setting: string; remark: string }

/** `reason` completes "NAME …", `fix` is a sentence. */
export type Unfit = { setting: string; reason: string; fix: string }

export type Findings = { reached: Reached[]; unfit: Unfit[] }

/** Connects to each once, without waiting for what is not there. Never rejects for what it finds. */
export async function reach(config: Config, signal: AbortSignal): Promise<Findings> {
  const { log } = createLog({ level: 'silent', format: 'json' })
  const findings = await Promise.all([
    reachDatabase(config, log, signal),
    reachRedis(config, signal),
    ...config.tasksService.addresses.map(address => reachTasks(config, address, { log, signal })),
  ])
  return {
    reached: findings.flatMap(({ reached }) => reached),
    unfit: findings.flatMap(({ unfit }) => unfit),
  }
}

async function reachDatabase(config: Config, log: Log, signal: AbortSignal): Promise<Findings> {
  const { url, ...settings } = config.database
  const setting = 'DATABASE_URL'
  if (url === undefined)
    return { reached: [{ setting, remark: 'is not set: the database is embedded' }], unfit: [] }
  try {
    const { version, connectionsMax, missing } = await inspectDatabase({
      url,
      settings,
      log,
      signal,
    })
    const unfit: Unfit[] = []
    if (missing.length > 0) unfit.push(tooOld(missing))
    // A pooler holds its own connections; ours are to it.
    if (settings.pooler === 'none' && settings.poolMax > connectionsMax)
      unfit.push({
        setting: 'ZERG_DATABASE_POOL_MAX',
        reason: `is more than the ${connectionsMax} connections that PostgreSQL allows all its clients together (max_connections)`,
        fix: 'Lower it (it counts for every instance), or raise max_connections of the server.',
      })
    return { reached: [{ setting, remark: `is PostgreSQL ${version}` }], unfit }
  } catch (error) {
    if (!(error instanceof DatabaseFailure)) throw error
    const reason = `cannot be used: ${error.message.replace(/\.$/, '')}`
    return { reached: [], unfit: [{ setting, reason, fix: error.fix }] }
  }
}

function tooOld(missing: readonly { version: number; name: string }[]): Unfit {
  const names = missing.map(({ version, name }) => `${version} (${name})`).join(', ')
  return {
    setting: 'DATABASE_URL',
    reason: `names a database whose schema lacks ${names}`,
    fix: 'Run `zerg migrate up` with the same DATABASE_URL, as the role that owns the tables.',
  }
}

async function reachRedis({ redis }: Config, signal: AbortSignal): Promise<Findings> {
  const setting = 'REDIS_URL'
  if (redis.url === undefined) return { reached: [], unfit: [] }
  try {
    const { name, major } = await inspectRedis(redis, signal)
    const reached = [{ setting, remark: `is ${name}` }]
    if (!(major < OLDEST_REDIS)) return { reached, unfit: [] }
    const reason = `names ${name}, which is too old`
    return { reached: [], unfit: [{ setting, reason, fix: 'Use Redis ≥ 6 or Valkey.' }] }
  } catch (error) {
    if (!(error instanceof RedisFailure)) throw error
    const reason = `cannot be used: ${error.message.replace(/\.$/, '')}`
    return { reached: [], unfit: [{ setting, reason, fix: error.fix }] }
  }
}

const OLDEST_REDIS = 6

type Asking = { log: Log; signal: AbortSignal }

async function reachTasks(config: Config, address: string, { log, signal }: Asking) {
  const setting = 'TASKS_SERVICE_ADDR'
  const metrics = createMetrics()
  const credentials = credentialsOf(config)
  const clock = systemClock
  const remote = connectTasks({
    ...config.tasksService,
    addresses: [address],
    credentials,
    log,
    metrics,
    clock,
  })
  try {
    await remote.check.run(signal)
    return { reached: [{ setting, remark: `has ${address}, which serves tasks` }], unfit: [] }
  } catch (error) {
    const reason = `has ${address}, which cannot be used: ${lastWords(error)}`
    const fix = 'Start `zerg serve --roles tasks` there, or correct the address.'
    return { reached: [], unfit: [{ setting, reason, fix }] }
  } finally {
    await remote.resource.close()
  }
}

// Only a secret that is given is shown around: one would have to be made up otherwise, just to look.
function credentialsOf({ auth: { secret, secretPrevious: previous } }: Config): Credentials {
  if (secret === undefined) return () => undefined
  return createInternalTokens({ secrets: createSecrets({ secret, previous }), clock: systemClock })
    .sign
}

// grpc-js tells the whole way down to the socket; the last step is the one that says something.
const lastWords = (error: unknown): string =>
  String(error)
    .replace(/^.*Error: /s, '')
    .replace(/(\. Resolution note: .*|\.)$/s, '')
