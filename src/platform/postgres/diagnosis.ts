// Why a connection could not be made, and what to try. Never the password.

import { codeOf } from './errors.ts'
import { describeTarget, type Target } from './target.ts'

export type Diagnosis = {
  /** What happened, with user, host, port and database. */
  what: string
  /** What to try. */
  fix: string
  /** Waiting may help: the server is not there yet. */
  isTransient: boolean
}

type Reason = (target: Target, detail: string) => Omit<Diagnosis, 'isTransient'>

const TRANSIENT = new Set(
  'ECONNREFUSED ECONNRESET EPIPE CONNECTION_CLOSED CONNECT_TIMEOUT ETIMEDOUT EHOSTUNREACH ENETUNREACH EAI_AGAIN ENOENT 57P01 57P02 57P03 53300'.split(
    ' ',
  ),
)

const notListening: Reason = ({ host, port }) => ({
  what: `Nothing listens at ${host}:${port} (connection refused).`,
  fix: 'Start PostgreSQL, or correct the host and port in DATABASE_URL.',
})
const silent: Reason = ({ host, port }) => ({
  what: `${host}:${port} does not answer.`,
  fix: 'See whether a firewall or network policy drops the connection, and whether the address is right; ZERG_DATABASE_CONNECT_TIMEOUT allows more time.',
})
const unresolved: Reason = ({ host }) => ({
  what: `The host name ${host} cannot be resolved.`,
  fix: 'Correct the host in DATABASE_URL, or the name server of this machine.',
})
const cutOff: Reason = ({ host, port }) => ({
  what: `${host}:${port} closed the connection while it was being opened.`,
  fix: 'See whether PostgreSQL (and not something else) listens there, and its log.',
})
const wrongPassword: Reason = ({ user }) => ({
  what: `PostgreSQL refuses the password of user "${user}".`,
  fix: 'Correct the password in DATABASE_URL (percent-encode characters such as @ : /), or set it: alter role … password ….',
})

const REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: notListening,
  FailedToOpenSocket: notListening,
  CONNECT_TIMEOUT: silent,
  ETIMEDOUT: silent,
  EHOSTUNREACH: silent,
  ENETUNREACH: silent,
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
  ECONNRESET: cutOff,
  EPIPE: cutOff,
  CONNECTION_CLOSED: cutOff,
  ENOENT: ({ socketFolder, port }) => ({
    what: `There is no socket of PostgreSQL in ${socketFolder ?? 'the given folder'} for port ${port}.`,
    fix: 'Start PostgreSQL, or correct `host` in DATABASE_URL.',
  }),
  '28P01': wrongPassword,
  SASL_SIGNATURE_MISMATCH: wrongPassword,
  '28000': ({ user }, detail) => ({
    what: `PostgreSQL does not let user "${user}" in: ${detail}.`,
    fix: 'Create the role (create role … login), or allow it in pg_hba.conf; where that asks for TLS, set ZERG_DATABASE_TLS=require.',
  }),
  '3D000': ({ database, user }) => ({
    what: `There is no database "${database}".`,
    fix: `Create it (createdb --owner ${user} ${database}), or correct its name in DATABASE_URL.`,
  }),
  '42501': ({ database, user }) => ({
    what: `User "${user}" may not connect to database "${database}".`,
    fix: `Let its owner say: grant connect on database "${database}" to "${user}";`,
  }),
  '53300': (_, detail) => ({
    what: `PostgreSQL takes no more connections: ${detail}.`,
    fix: 'Lower ZERG_DATABASE_POOL_MAX (it counts for every instance), raise max_connections, or put a pooler in between.',
  }),
  '57P03': (_, detail) => ({
    what: `PostgreSQL is not ready yet: ${detail}.`,
    fix: 'Wait until it has started.',
  }),
  '08P01': (_, detail) => ({
    what: `The server refuses how the session begins: ${detail}.`,
    fix: 'Behind PgBouncer or another pooler set ZERG_DATABASE_POOLER=transaction.',
  }),
}

/** What a failed attempt to connect means. */
export function diagnose(error: unknown, target: Target): Diagnosis {
  const code = codeOf(error)
  const detail = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
  const reason = (isTlsError(target, code, detail) ? tls : REASONS[code])?.(target, detail)
  const { what, fix } = reason ?? {
    what: `It answered: ${detail}.`,
    fix: 'Correct DATABASE_URL, or what the message names.',
  }
  return {
    what: `Cannot connect to PostgreSQL as ${describeTarget(target)}. ${what}`,
    fix,
    isTransient: TRANSIENT.has(code) && reason !== undefined && !isTlsError(target, code, detail),
  }
}

const tls: Reason = ({ tls, host }, detail) => ({
  what: `TLS (${tls}) could not be agreed with ${host}: ${detail}.`,
  fix: 'Switch TLS on in PostgreSQL (ssl = on); give its authority by ZERG_DATABASE_TLS_CA; use the name that is in its certificate; or, on a network that you trust, ask for less with ZERG_DATABASE_TLS (require does not verify, disable does not encrypt).',
})

// A server without TLS hangs up in the middle of the handshake, which looks like a lost connection.
const isTlsError = (target: Target, code: string, detail: string) =>
  target.tls !== 'disable' &&
  (/certificate|TLS|SSL|ERR_TLS|altname/i.test(`${code} ${detail}`) ||
    (target.tls !== 'prefer' && /ECONNRESET|CONNECTION_CLOSED/.test(code)))
