// What went wrong with Redis, in words, and what to try.

import { RedisFailure } from './failure.ts'
import { describeTarget, type RedisTarget } from './target.ts'

type Reason = (target: RedisTarget, detail: string) => readonly [what: string, fix: string]

const notListening: Reason = target => [
  `Nothing listens at ${describeTarget(target)} (connection refused).`,
  'Start Redis, or correct the host and port in REDIS_URL.',
]
const silent: Reason = target => [
  `${describeTarget(target)} does not answer.`,
  'See whether Redis is overloaded or frozen, and whether a firewall drops the connection.',
]
const unresolved: Reason = target => [
  `The host name of ${describeTarget(target)} cannot be resolved.`,
  'Correct the host in REDIS_URL, or the name server of this machine.',
]
const cutOff: Reason = target => [
  `${describeTarget(target)} closed the connection.`,
  'See whether Redis (and not something else) listens there, whether it wants TLS (rediss://), and its log.',
]
const wrongPassword: Reason = ({ user }) => [
  `Redis refuses the password of ${user === '' ? 'its default user' : `user "${user}"`}.`,
  'Correct the user and password in REDIS_URL (percent-encode characters such as @ : /).',
]
const noRight: Reason = (_, detail) => [
  `The user of REDIS_URL lacks a right: ${detail}.`,
  'Allow it the commands eval, evalsha, get, set, del, zadd, zrem, zcard, zremrangebyscore, pexpire, time, ping, publish and subscribe on keys and channels with the prefix of ZERG_REDIS_PREFIX: ACL SETUSER … +@all ~zerg:* &zerg:*.',
]
const untrusted: Reason = (_, detail) => [
  `The certificate of Redis cannot be trusted: ${detail}.`,
  'Set ZERG_REDIS_TLS_CA to the authority that signed it, and use the host name that it was made for.',
]

const REASONS: readonly (readonly [pattern: RegExp, reason: Reason])[] = [
  [/ECONNREFUSED|FailedToOpenSocket/, notListening],
  [/ENOTFOUND|EAI_AGAIN/, unresolved],
  [/WRONGPASS|invalid password|NOAUTH/i, wrongPassword],
  [/NOPERM|user executing the script can't/, noRight],
  [/cert|self.signed|altname|UNABLE_TO_|issuer|authority/i, untrusted],
  [/ECONNRESET|EPIPE|closed|ended|socket hang up/i, cutOff],
  [/timed? ?out|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i, silent],
]

/** What happened, with the host, and what to try. */
export function diagnoseRedis(error: unknown, target: RedisTarget): RedisFailure {
  if (error instanceof RedisFailure) return error
  const detail = detailOf(error)
  const reason = REASONS.find(([pattern]) => pattern.test(detail))?.[1]
  const [what, fix] = reason?.(target, detail) ?? [
    `Redis at ${describeTarget(target)} cannot be used: ${detail}.`,
    'See the log of Redis.',
  ]
  return new RedisFailure(what, fix, error)
}

// A Cluster and Sentinels wrap what went wrong with their nodes.
function detailOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const last = 'lastNodeError' in error ? error.lastNodeError : error.cause
  const code = 'code' in error ? `${String(error.code)} ` : ''
  const own = `${code}${error.message}`.replace(/\.$/, '')
  return last instanceof Error ? `${own} (${detailOf(last)})` : own
}
