// What a server is and allows, for `zerg config check --connect`: one connection, a few questions.

import type { Log } from '../observability/log.ts'
import { DatabaseFailure } from './failure.ts'
import { explainRefusal } from './migrate/explain.ts'
import { createMigrator } from './migrate/migrator.ts'
import { openSession } from './migrate/session.ts'
import type { Settings } from './options.ts'

export type Inspection = {
  /** As people write it: 18.4. */
  version: string
  /** Connections that ordinary roles may hold, all clients together. */
  connectionsMax: number
  /** Migrations that this Zerg needs and the database does not have. */
  missing: { version: number; name: string }[]
}

type Needs = { url: string; settings: Settings; log: Log; signal: AbortSignal }

const OLDEST = 140_000

/**
 * Connects once, without waiting for a server that is not there.
 *
 * @throws DatabaseFailure where no connection can be made, or PostgreSQL is too old.
 */
export async function inspectDatabase({ url, settings, log, signal }: Needs): Promise<Inspection> {
  const { sql, close } = await openSession({
    source: { url },
    settings,
    log,
    waitMs: settings.connectTimeoutMs,
    retries: false,
    locks: false,
    signal,
  })
  try {
    const [row] = await sql<{ number: number; version: string; connections: number }[]>`
      select current_setting('server_version_num')::int as number,
        split_part(current_setting('server_version'), ' ', 1) as version,
        current_setting('max_connections')::int
          - current_setting('superuser_reserved_connections')::int as connections
    `
    const { number, version, connections } = row!
    if (number < OLDEST) throw tooOld(version)
    const states = await createMigrator({ sql }).status()
    const missing = states
      .filter(({ state }) => state === 'pending')
      .map(({ version, name }) => ({ version, name }))
    return { version, connectionsMax: connections, missing }
  } catch (error) {
    throw await explainRefusal(sql, error)
  } finally {
    await close()
  }
}

const tooOld = (version: string) =>
  new DatabaseFailure(
    `PostgreSQL ${version} is older than Zerg supports.`,
    'Use PostgreSQL 14 or newer.',
  )
