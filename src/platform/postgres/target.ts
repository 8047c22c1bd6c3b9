// Which PostgreSQL to speak to: a connection URL, read once, and described without its password.

import { AppError } from '#lib/errors.ts'

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
  const parts = URL.canParse(url) ? new URL(url) : undefined
  if (!parts || !/^postgres(ql)?:$/.test(parts.protocol)) throw unreadable()
  const { searchParams: query } = parts
  const host = decodeURIComponent(parts.hostname) || query.get('host') || 'localhost'
  const user = decodeURIComponent(parts.username) || query.get('user') || 'postgres'
  return {
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(parts.port || query.get('port') || 5432),
    ...(host.startsWith('/') ? { socketFolder: host } : {}),
    database: decodeURIComponent(parts.pathname.slice(1)) || user,
    user,
    password: decodeURIComponent(parts.password) || query.get('password') || '',
    tls: stricter(tls, query.get('sslmode')),
    parameters: Object.fromEntries([...query].filter(([name]) => PARAMETERS.has(name))),
  }
}

/** `user@host:port/database`: all that is safe to show. */
export const describeTarget = ({ user, host, port, database }: Target): string =>
  `${user}@${host}:${port}/${database}`

function stricter(tls: TlsMode, asked: string | null): TlsMode {
  const index = TLS_MODES.findIndex(mode => mode === asked)
  return TLS_MODES[Math.max(index, TLS_MODES.indexOf(tls))] ?? tls
}

// The URL itself may hold a password, so that the message cannot repeat it.
const unreadable = () =>
  new AppError(
    'database_unavailable',
    'DATABASE_URL cannot be read. It has the form postgres://user:password@host:port/name, with one host; characters such as @ : / in the password are percent-encoded (%40 %3A %2F).',
  )
