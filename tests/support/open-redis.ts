// Redis as Zerg opens it, for tests, with what it logged.

import { pino } from 'pino'
import { systemClock } from '#lib/clock.ts'
import { loadConfig } from '#config/load.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { openRedis } from '#platform/redis/open.ts'

export type OpenedRedis = Awaited<ReturnType<typeof openTestRedis>>

export type LogLine = { level: number; msg: string } & Record<string, unknown>

/** `settings` are environment variables beside REDIS_URL. Every one has a prefix of its own. */
export async function openTestRedis(url: string, settings: Readonly<Record<string, string>> = {}) {
  const lines: LogLine[] = []
  const write = (line: string) => void lines.push(JSON.parse(line) as LogLine)
  const log = pino({ level: 'debug' }, { write })
  const metrics = createMetrics()
  const environment = {
    ZERG_REDIS_PREFIX: `zerg-test-${crypto.randomUUID()}`,
    ...settings,
    REDIS_URL: url,
  }
  const { config } = loadConfig({ environment, folder: '/nowhere' })
  const redis = await openRedis({ settings: config.redis, log, metrics, clock: systemClock })
  return {
    redis,
    metrics,
    lines,
    log,
    prefix: config.redis.prefix,
    close: () => redis.close(1_000),
  }
}
