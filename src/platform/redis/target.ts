// Which Redis to speak to, read from the settings once, and described without its password.

import { readFileSync } from 'node:fs'
import { parseRedisUrl } from '#config/redis-url.ts'
import type { Config } from '#config/schema.ts'
import { RedisFailure } from './failure.ts'

export type RedisSettings = Config['redis']

type Host = { host: string; port: number }

export type RedisTarget = {
  kind: 'single' | 'sentinel' | 'cluster'
  hosts: readonly [Host, ...Host[]]
  user: string
  password: string
  database: number
  /** Undefined speaks without TLS. */
  tls: { ca: string | undefined } | undefined
  /** What the Sentinels call the master, and how they want to be spoken to. */
  sentinel: { master: string; user: string | undefined; password: string | undefined } | undefined
}

const SENTINEL_PORT = 26_379
const REDIS_PORT = 6_379

/** @throws RedisFailure where the settings cannot be used; `zerg config check` says so earlier. */
export function readTarget(settings: RedisSettings): RedisTarget {
  const url = parseRedisUrl(settings.url ?? '')
  const { sentinelMaster: master, cluster } = settings
  const kind = master === undefined ? (cluster ? 'cluster' : 'single') : 'sentinel'
  const port = kind === 'sentinel' ? SENTINEL_PORT : REDIS_PORT
  const [first, ...others] = (url?.hosts ?? []).map(place => ({
    host: place.host,
    port: place.port ?? port,
  }))
  if (!url || !first)
    throw new RedisFailure(
      'REDIS_URL cannot be read.',
      'Write it as redis://user:password@host:6379.',
    )
  return {
    kind,
    hosts: [first, ...others],
    user: url.user,
    password: url.password,
    database: url.database,
    tls: url.hasTls ? { ca: readAuthority(settings.tlsCa) } : undefined,
    sentinel:
      master === undefined
        ? undefined
        : { master, user: settings.sentinelUser, password: settings.sentinelPassword },
  }
}

/** `redis.internal:6379`: all that is safe to show. */
export const describeTarget = ({ kind, hosts, sentinel }: RedisTarget): string => {
  const places = hosts.map(({ host, port }) => `${host}:${port}`).join(',')
  if (kind === 'sentinel') return `${sentinel?.master} of the Sentinels ${places}`
  return kind === 'cluster' ? `the Cluster ${places}` : places
}

function readAuthority(path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new RedisFailure(
      'The certificate authority of Redis cannot be read.',
      'Name a file that this user may read in ZERG_REDIS_TLS_CA.',
      cause,
    )
  }
}
