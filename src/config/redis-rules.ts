// Contradictions between the settings of Redis.

import { type RedisUrl, parseRedisUrl } from './redis-url.ts'
import type { Facts, Rule } from './rule.ts'

export const redisRules: readonly Rule[] = [
  {
    about: ['REDIS_URL', 'ZERG_REDIS_CLUSTER', 'ZERG_REDIS_SENTINEL_MASTER'],
    broken: facts =>
      (urlOf(facts)?.hosts.length ?? 0) > 1 &&
      !facts.redis.cluster &&
      facts.redis.sentinelMaster === undefined && {
        reason: 'names more than one host, but neither Sentinels nor a Cluster are configured',
        fix: 'Set ZERG_REDIS_SENTINEL_MASTER to the name of the master or ZERG_REDIS_CLUSTER=true, or name one host.',
      },
  },
  {
    about: ['ZERG_REDIS_CLUSTER', 'ZERG_REDIS_SENTINEL_MASTER'],
    broken: ({ redis: { cluster, sentinelMaster } }) =>
      cluster &&
      sentinelMaster !== undefined && {
        reason: 'is set together with ZERG_REDIS_SENTINEL_MASTER; a Cluster needs no Sentinels',
        fix: 'Remove one of the two.',
      },
  },
  {
    about: ['REDIS_URL', 'ZERG_REDIS_CLUSTER'],
    broken: facts =>
      facts.redis.cluster &&
      (urlOf(facts)?.database ?? 0) !== 0 && {
        reason: 'names a database by number, but a Cluster has only 0',
        fix: 'Leave the number out.',
      },
  },
  needsUrl('ZERG_REDIS_CLUSTER', ({ redis }) => redis.cluster),
  needsUrl('ZERG_REDIS_SENTINEL_MASTER', ({ redis }) => redis.sentinelMaster !== undefined),
  needsUrl('ZERG_REDIS_TLS_CA', ({ redis }) => redis.tlsCa !== undefined),
  needsUrl('ZERG_READY_REQUIRES', ({ lifecycle }) => lifecycle.readyRequires.includes('redis')),
  ...(['ZERG_REDIS_SENTINEL_USER', 'ZERG_REDIS_SENTINEL_PASSWORD'] as const).map(forSentinels),
  {
    about: ['ZERG_REDIS_TLS_CA', 'REDIS_URL'],
    broken: facts =>
      facts.redis.tlsCa !== undefined &&
      urlOf(facts)?.hasTls === false && {
        reason: 'has no effect, since REDIS_URL asks for no TLS',
        fix: 'Write REDIS_URL as rediss://…, or remove ZERG_REDIS_TLS_CA.',
      },
  },
  {
    about: ['ZERG_REDIS_COMMAND_TIMEOUT', 'ZERG_REQUEST_TIMEOUT'],
    broken: ({ redis: { commandTimeoutMs }, http: { requestTimeoutMs }, isSet }) =>
      isSet('ZERG_REDIS_COMMAND_TIMEOUT') &&
      commandTimeoutMs >= requestTimeoutMs && {
        reason: 'is not shorter than ZERG_REQUEST_TIMEOUT, so requests would wait for a lost Redis',
        fix: 'Shorten it to a few hundred milliseconds.',
      },
  },
  {
    about: ['ZERG_REDIS_PREFIX'],
    broken: ({ redis: { prefix } }) =>
      !/^[\w.:-]{1,64}$/.test(prefix) && {
        reason: 'is not 1 to 64 letters, digits or . : _ -',
        fix: 'Choose a short word, such as the default, zerg.',
      },
  },
]

const urlOf = ({ redis: { url } }: Facts): RedisUrl | undefined =>
  url === undefined ? undefined : parseRedisUrl(url)

function needsUrl(name: string, isAsked: (facts: Facts) => boolean): Rule {
  return {
    about: [name, 'REDIS_URL'],
    broken: facts =>
      isAsked(facts) &&
      facts.redis.url === undefined && {
        reason: 'is about a Redis, but REDIS_URL is not set',
        fix: `Set REDIS_URL, or remove ${name === 'ZERG_READY_REQUIRES' ? 'redis from ' : ''}${name}.`,
      },
  }
}

function forSentinels(name: string): Rule {
  return {
    about: [name, 'ZERG_REDIS_SENTINEL_MASTER'],
    broken: ({ isSet, redis: { sentinelMaster } }) =>
      isSet(name) &&
      sentinelMaster === undefined && {
        reason: 'is for Sentinels, but ZERG_REDIS_SENTINEL_MASTER is not set',
        fix: `Set ZERG_REDIS_SENTINEL_MASTER to the name of the master they watch, or remove ${name}.`,
      },
  }
}
