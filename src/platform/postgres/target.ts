// Which PostgreSQL to speak to: a connection URL, read once, and described without its password.

import { DatabaseFailure } from './failure.ts'

export type TlsMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

export type Target = {
  host: string
  port: number
  /** The folder of a Unix socket, where the URL names one instead of a host. */
  socketFolder?: string
  database: string
  user: string
  password: string
  tls: TlsMode
  /** Sent when the session starts, such as `search_path`, where the URL has some. */
  parameters: Readonly<Record<string, string>>
}

// From the weakest to the strongest. `allow` is libpq's word for something weaker than `prefer`.
const TLS_MODES: readonly TlsMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']

// What libpq and other drivers take in a URL and PostgreSQL itself would refuse as a setting.
const PARAMETERS = new Set(['application_name', 'options', 'search_path'])

/**
 * Reads `postgres://user:password@host:port/database`. Of the URL's `sslmode` and `tls` the stricter
 * one holds: a URL cannot weaken what the configuration demands.
 */
export function parseTarget(url: string, tls: TlsMode): Target {
  const parts = readUrl(url)
  const { searchParams: query } = parts
  const of = (name: string, text: string, fallback: string) =>
    decode(text) || query.get(name) || fallback
  const host = of('host', parts.hostname, 'localhost')
  const user = of('user', parts.username, 'postgres')
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(of('port', parts.port, '5432')),
    ...(host.startsWith('/') ? { socketFolder: host } : {}),
    database: of('dbname', parts.pathname.slice(1), user),
    user,
    password: of('password', parts.password, ''),
    tls: stricter(tls, query.get('sslmode')),
    parameters: Object.fromEntries([...query].filter(([name]) => PARAMETERS.has(name))),
  }
}

/** The embedded database, as messages name it. */
export const embeddedTarget: Target = {
  host: 'embedded',
  port: 0,
  database: 'postgres',
  user: 'postgres',
  password: '',
  tls: 'disable',
  parameters: {},
}

/** `user@host:port/database`: all that is safe to show. */
export const describeTarget = ({ user, host, port, database }: Target): string =>
  `${user}@${host}:${port}/${database}`

function readUrl(url: string): URL {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) throw unreadable()
  return new URL(url)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw unreadable()
  }
}

function stricter(tls: TlsMode, asked: string | null): TlsMode {
  const index = TLS_MODES.findIndex(mode => mode === asked)
  return TLS_MODES[Math.max(index, TLS_MODES.indexOf(tls))] ?? tls
}

// The URL itself may hold a password, so that the message cannot repeat it.
const unreadable = () =>
  new DatabaseFailure(
    'DATABASE_URL cannot be read.',
    'It has the form postgres://user:password@host:port/name, with one host; characters such as @ : / in the password are percent-encoded (%40 %3A %2F).',
  )
