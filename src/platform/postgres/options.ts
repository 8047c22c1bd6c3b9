// The options of the driver (postgres.js), from Zerg's settings. One client is one connection: the
// pool is ours (pool.ts), so that waiting, losing and cancelling follow our rules.

import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type postgres from 'postgres'
import type { Config } from '#config/schema.ts'
import type { Target } from './target.ts'
import { types } from './types.ts'

export type Settings = Omit<Config['database'], 'url'>

/** `socket` is an option of the driver that its types leave out. */
export type ClientOptions = postgres.Options<Record<string, postgres.PostgresType>> & {
  socket?: OpenSocket
}

/** Opens the stream that the driver speaks over, in place of a TCP connection. */
export type OpenSocket = () => unknown

/** Where the database is: a server, or the stream to an embedded one. */
export type Source = { url: string } | { socket: OpenSocket }

/** What every client has in common. Each given explicitly: the driver reads PG… variables otherwise. */
const common = {
  max: 1,
  idle_timeout: 0,
  max_lifetime: null,
  keep_alive: 60,
  // Reconnecting is paced by the pool; the driver's own back-off would delay it by up to 20 s.
  backoff: () => 0,
  fetch_types: false,
  debug: false,
  types,
} satisfies ClientOptions

/** Options for a session on PostgreSQL. */
export function postgresOptions(target: Target, settings: Settings): ClientOptions {
  return {
    ...common,
    host: target.host,
    port: target.port,
    ...(target.socketFolder ? { path: `${target.socketFolder}/.s.PGSQL.${target.port}` } : {}),
    database: target.database,
    username: target.user,
    password: target.password,
    ssl: target.socketFolder ? false : tlsOptions(target, settings.tlsCa),
    connect_timeout: settings.connectTimeoutMs / 1_000,
    prepare: settings.pooler === 'none',
    connection: { ...sessionParameters(settings), ...target.parameters },
  }
}

/** Options for a session over a stream of the caller's making: the embedded database. */
export const socketOptions = (socket: OpenSocket, settings: Settings): ClientOptions => ({
  ...common,
  socket,
  host: 'embedded',
  port: 0,
  database: 'postgres',
  username: 'postgres',
  password: '',
  ssl: false,
  connect_timeout: settings.connectTimeoutMs / 1_000,
  prepare: true,
  connection: sessionParameters({ ...settings, pooler: 'none' }),
})

/** The limits of a session, also as `set local` for a transaction behind a pooler. */
export const sessionLimits = (settings: Settings): Readonly<Record<string, number>> => ({
  statement_timeout: settings.statementTimeoutMs,
  lock_timeout: settings.lockTimeoutMs,
  idle_in_transaction_session_timeout: settings.idleInTransactionTimeoutMs,
})

// A pooler shares one session among many clients, and refuses parameters that would outlive one of
// them; these two it follows. Limits are then set inside each transaction (transaction.ts).
const sessionParameters = (settings: Settings) => ({
  application_name: 'zerg',
  TimeZone: 'UTC',
  ...(settings.pooler === 'none' ? sessionLimits(settings) : {}),
})

function tlsOptions({ tls, host }: Target, caFile: string | undefined) {
  if (tls === 'disable') return false
  if (tls === 'prefer' || tls === 'require') return tls
  return {
    rejectUnauthorized: true,
    // A certificate may name an address instead of a name; without this it is compared to "localhost".
    ...(isIP(host) ? { host } : { servername: host }),
    ...(caFile ? { ca: readFileSync(caFile, 'utf8') } : {}),
    // verify-ca trusts whoever the authority has signed for, by whichever name.
    ...(tls === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  }
}
