// The one connection that migrations run on: it holds the lock, so it must not be exchanged quietly.

import type postgres from 'postgres'
import type { Log } from '../../observability/log.ts'
import { createConnection } from '../connection.ts'
import {
  type ClientOptions,
  postgresOptions,
  type Settings,
  socketOptions,
  type Source,
} from '../options.ts'
import { openWithin } from '../start.ts'
import { embeddedTarget, parseTarget } from '../target.ts'
import { DatabaseFailure } from '../failure.ts'

export type Session = {
  sql: postgres.Sql
  close(): Promise<void>
}

export type SessionNeeds = {
  source: Source
  settings: Settings
  log: Log
  /** How long a server that is not there yet is waited for. */
  waitMs: number
  /** Without it the first refusal is the last. */
  retries?: boolean
  /** Whether the session is to hold a lock, which it cannot behind a pooler. */
  locks?: boolean
  signal: AbortSignal
}

/**
 * Opens it, without the limits of a serving session: building an index may take its time.
 *
 * @throws DatabaseFailure
 */
export async function openSession(needs: SessionNeeds): Promise<Session> {
  const { source, settings, log, locks = true, ...wait } = needs
  if (locks && 'url' in source && settings.pooler !== 'none') throw pooled()
  const limits = { statementTimeoutMs: 0, lockTimeoutMs: 0, idleInTransactionTimeoutMs: 0 }
  const patient = { ...settings, ...limits }
  const target = 'url' in source ? parseTarget(source.url, settings.tls) : embeddedTarget
  const options: ClientOptions =
    'url' in source ? postgresOptions(target, patient) : socketOptions(source.socket, patient)
  const parameters = { ...options.connection, application_name: 'zerg migrate' }
  const attempt = async () => {
    const connection = createConnection({
      options: { ...options, connection: parameters },
      canCancel: false,
      onClosed: () => undefined,
      onNotice: notice => log.debug({ notice: notice['message'] }, 'database_notice'),
    })
    return await connection.open()
  }
  const { sql, discard } = await openWithin({ attempt, target, log, ...wait })
  return { sql, close: discard }
}

const pooled = () =>
  new DatabaseFailure(
    'Migrations hold a lock for as long as their session lasts, which a pooler in transaction mode hands on to others.',
    'Name PostgreSQL itself, past the pooler: zerg migrate up --database-url postgres://….',
  )
