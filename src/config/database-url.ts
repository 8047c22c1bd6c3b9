// DATABASE_URL taken apart without connecting: what is wrong with it, and how it may be shown.

export type DatabaseUrl = {
  user: string
  password: string
  /** Hosts without their ports; empty for a socket in the file system. */
  hosts: readonly string[]
  /** Whether traffic stays on this machine. */
  isLocal: boolean
  database: string
  query: URLSearchParams
}

type Complaint = { reason: string; fix: string }

const FORM =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^@:/?#]*)(?::(?<password>[^/?#]*))?@)?(?<hosts>[^@/?#]*)(?:\/(?<database>[^?#@]*))?(?:\?(?<query>[^#@]*))?$/
const HOST = /^(?:\[[\da-f:.]+\]|[^:\s[\]]*)(?::(?<port>\d{1,5}))?$/i
// The words of libpq.
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']
const EXAMPLE = 'Write it as postgres://user:password@host:5432/name.'
const ENCODE =
  'Percent-encode / ? # @ : and % in the user and the password (%2F %3F %23 %40 %3A %25).'

/** Undefined where the URL has the right form. No value of the URL is repeated. */
export function checkDatabaseUrl(raw: string): Complaint | undefined {
  if (!/^postgres(?:ql)?:\/\//.test(raw))
    return { reason: 'does not begin with postgres:// or postgresql://', fix: EXAMPLE }
  const unreadable = {
    reason: 'cannot be taken apart into user, password, host and name',
    fix: ENCODE,
  }
  const url = parseDatabaseUrl(raw)
  if (!url) return unreadable
  const ports = hostsOf(raw).map(host => Number(HOST.exec(host)?.groups?.['port'] ?? 5432))
  if (ports.some(port => port < 1 || port > 65_535))
    return { reason: 'has a port that is not from 1 to 65535', fix: EXAMPLE }
  if (url.hosts.length > 1)
    return {
      reason: 'names more than one host',
      fix: 'Name one host; a proxy or DNS may stand for several.',
    }
  // What the driver's own parser would refuse.
  if (!URL.canParse(raw)) return unreadable
  if (url.hosts.length === 0 && !url.query.has('host'))
    return { reason: 'names no host', fix: EXAMPLE }
  if (url.database === '' && !url.query.has('dbname'))
    return {
      reason: 'names no database',
      fix: 'Add its name after the host: postgres://…@host:5432/name.',
    }
  const sslMode = url.query.get('sslmode')
  // Taken for the default, a slip of the pen would verify nobody.
  if (sslMode !== null && !SSL_MODES.includes(sslMode))
    return {
      reason: 'has an sslmode that does not exist',
      fix: `Give one of ${SSL_MODES.join(', ')}, or leave it out and set ZERG_DATABASE_TLS.`,
    }
  return undefined
}

/** Undefined where the text has not the form of a URL of PostgreSQL. */
export function parseDatabaseUrl(raw: string): DatabaseUrl | undefined {
  const { user = '', password = '', database = '', query = '' } = FORM.exec(raw)?.groups ?? {}
  if (!FORM.test(raw) || !hostsOf(raw).every(host => HOST.test(host))) return undefined
  const hosts = hostsOf(raw).map(host => host.replace(/:\d+$/, ''))
  const parameters = new URLSearchParams(query)
  const reached = hosts.length > 0 ? hosts : (parameters.get('host') ?? '').split(',')
  try {
    return {
      user: decodeURIComponent(user),
      password: decodeURIComponent(password),
      hosts,
      isLocal: reached.every(host => host === '' || host.startsWith('/') || isLoopback(host)),
      database: decodeURIComponent(database),
      query: parameters,
    }
  } catch {
    // A stray % is not an encoding.
    return undefined
  }
}

/** The URL with its password as `***`; nothing but the scheme where it cannot be taken apart. */
export function maskDatabaseUrl(raw: string): string {
  const groups = parseDatabaseUrl(raw) && FORM.exec(raw)?.groups
  if (!groups) return /^postgres(?:ql)?:\/\//.test(raw) ? 'postgres://***' : '***'
  const { user = '', password, hosts = '', database, query } = groups
  const who = password === undefined ? user : `${user}:***`
  const parameters = query?.replaceAll(/((?:^|&)[^&=]*password[^&=]*=)[^&]*/gi, '$1***')
  return `postgres://${who === '' ? '' : `${who}@`}${hosts}${database === undefined ? '' : `/${database}`}${parameters ? `?${parameters}` : ''}`
}

const hostsOf = (raw: string): string[] =>
  (FORM.exec(raw)?.groups?.['hosts'] ?? '').split(',').filter(host => host !== '')

export const isLoopback = (host: string) =>
  host === 'localhost' || host === '[::1]' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
