// REDIS_URL taken apart without connecting: what is wrong with it, and how it may be shown.

import { isLoopback } from './database-url.ts'

export type RedisUrl = {
  /** Empty for the default user. */
  user: string
  password: string
  hosts: readonly { host: string; port: number | undefined }[]
  hasTls: boolean
  /** Whether traffic stays on this machine. */
  isLocal: boolean
  /** The number after the host; 0 where there is none. */
  database: number
}

type Complaint = { reason: string; fix: string }

const FORM =
  /^(?<scheme>rediss?):\/\/(?:(?<user>[^@:/?#]*):(?<password>[^/?#]*)@)?(?<hosts>[^@/?#]*)(?:\/(?<database>\d{0,5}))?$/
const HOST = /^(?<host>\[[\da-f:.]+\]|[a-z\d](?:[a-z\d._-]*[a-z\d])?)(?::(?<port>\d{1,5}))?$/i
const EXAMPLE = 'Write it as redis://user:password@host:6379, or rediss:// for TLS.'
const ENCODE = 'Percent-encode / ? # @ : and % in the user and the password; leave out any query.'

/** Undefined where the URL has the right form. No value of the URL is repeated. */
export function checkRedisUrl(raw: string): Complaint | undefined {
  if (!/^rediss?:\/\//.test(raw))
    return { reason: 'does not begin with redis:// or rediss://', fix: EXAMPLE }
  const url = parseRedisUrl(raw)
  if (!url)
    return { reason: 'cannot be taken apart into user, password, hosts and number', fix: ENCODE }
  if (url.hosts.length === 0) return { reason: 'names no host', fix: EXAMPLE }
  if (url.hosts.some(({ port = 6379 }) => port < 1 || port > 65_535))
    return { reason: 'has a port that is not from 1 to 65535', fix: EXAMPLE }
  return undefined
}

/** Undefined where the text has not the form of a URL of Redis. */
export function parseRedisUrl(raw: string): RedisUrl | undefined {
  const { scheme, user = '', password = '', database = '', ...rest } = FORM.exec(raw)?.groups ?? {}
  if (scheme === undefined) return undefined
  const hosts = (rest['hosts'] ?? '').split(',').filter(host => host !== '')
  const places = hosts.map(host => HOST.exec(host)?.groups)
  if (places.includes(undefined)) return undefined
  try {
    return {
      user: decodeURIComponent(user),
      password: decodeURIComponent(password),
      hosts: places.map(place => ({
        host: (place?.['host'] ?? '').replace(/^\[(.*)\]$/, '$1'),
        port: place?.['port'] === undefined ? undefined : Number(place['port']),
      })),
      hasTls: scheme === 'rediss',
      isLocal: places.every(place => isLoopback(place?.['host'] ?? '')),
      database: Number(database),
    }
  } catch {
    // A stray % is not an encoding.
    return undefined
  }
}

/** The URL with its password as `***`; nothing but the scheme where it cannot be taken apart. */
export function maskRedisUrl(raw: string): string {
  const groups = parseRedisUrl(raw) && FORM.exec(raw)?.groups
  const scheme = /^rediss?:\/\//.exec(raw)?.[0]
  if (!groups) return scheme === undefined ? '***' : `${scheme}***`
  const { user, hosts = '', database } = groups
  const who = user === undefined ? '' : `${user}:***@`
  return `${scheme}${who}${hosts}${database === undefined ? '' : `/${database}`}`
}
