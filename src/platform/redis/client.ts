// A client of ioredis for whichever kind of Redis, with a bound on everything that waits.

import { Cluster, Redis as Single } from 'ioredis'
import type { RedisTarget } from './target.ts'

export type Client = Single | Cluster

export type Waits = { connectTimeoutMs: number; commandTimeoutMs: number }

// A connection that is to end gets this long to do so by itself.
const DISCONNECT_MS = 200
const RETRY_MAX_MS = 2_000

/** Connects once it is asked to (`connect`), and from then on again and again by itself. */
export function createClient(target: RedisTarget, waits: Waits): Client {
  const { hosts, sentinel } = target
  if (target.kind === 'cluster')
    return new Cluster([...hosts], {
      redisOptions: shared(target, waits),
      lazyConnect: true,
      // Nothing waits for a failover. A node that is being connected to is waited for, within the
      // command timeout: the first question opens its connection.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      maxRedirections: 4,
      slotsRefreshTimeout: waits.connectTimeoutMs,
      clusterRetryStrategy: backoff,
      // Certificates are made for names.
      ...(target.tls && {
        dnsLookup: (address, callback: (error: null, address: string) => void) =>
          callback(null, address),
      }),
    })
  const options = {
    ...shared(target, waits),
    db: target.database,
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: backoff,
  }
  return sentinel
    ? new Single({ ...options, ...sentinelOptions(target, waits) })
    : new Single({ ...options, host: hosts[0].host, port: hosts[0].port })
}

const shared = (target: RedisTarget, waits: Waits) => ({
  ...(target.user !== '' && { username: target.user }),
  ...(target.password !== '' && { password: target.password }),
  ...(target.tls && { tls: tlsOf(target) }),
  connectTimeout: waits.connectTimeoutMs,
  commandTimeout: waits.commandTimeoutMs,
  disconnectTimeout: DISCONNECT_MS,
  keepAlive: 10_000,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // Who uses a connection subscribes anew, and finds out by asking whether Redis is ready.
  autoResubscribe: false,
  enableReadyCheck: false,
  disableClientInfo: true,
  connectionName: 'zerg',
  // A master that became a replica: there is another one now.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
})

function sentinelOptions(target: RedisTarget, waits: Waits) {
  const { hosts, sentinel, tls } = target
  return {
    sentinels: [...hosts],
    ...(sentinel?.master !== undefined && { name: sentinel.master }),
    ...(sentinel?.user !== undefined && { sentinelUsername: sentinel.user }),
    ...(sentinel?.password !== undefined && { sentinelPassword: sentinel.password }),
    sentinelCommandTimeout: waits.connectTimeoutMs,
    sentinelRetryStrategy: backoff,
    ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: tlsOf(target) }),
  }
}

const tlsOf = ({ tls }: RedisTarget) => (tls?.ca === undefined ? {} : { ca: tls.ca })

/** Each instance waits a while of its own, so that a Redis that comes back is not overrun. */
function backoff(times: number): number {
  const wholeMs = Math.min(RETRY_MAX_MS, 50 * 2 ** Math.min(times, 10))
  return Math.round(wholeMs * (0.5 + Math.random() / 2))
}
