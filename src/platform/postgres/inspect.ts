// What a server is and allows, for `zerg config check --connect`: one connection, a few questions.

import type postgres from 'postgres'
import type { Log } from '../observability/log.ts'
import { DatabaseFailure } from './failure.ts'
import { explainRefusal } from './migrate/explain.ts'
import { LEDGER } from './migrate/ledger.ts'
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
 * @throws DatabaseFailure where no connection can be made, PostgreSQL is too old, or this role may not
 *   serve.
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
    await requireRights(sql)
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

// What `zerg migrate grant` gives, looked at from the other side. Others may keep tables in the schema.
async function requireRights(sql: postgres.ISql): Promise<void> {
  const denied = await sql<{ role: string; table: string }[]>`
    select current_user as role, tablename as table
    from pg_tables, lateral format('%I.%I', schemaname, tablename) as name
    where schemaname = current_schema()
      and tableowner = (
        select tableowner from pg_tables
        where schemaname = current_schema() and tablename = ${LEDGER}
      )
      -- Partitions of the audit log are written and read through their table.
      and not starts_with(tablename, 'audit_entries_')
      and not (
        has_table_privilege(name, 'select')
        and case
          when tablename in (${LEDGER}, 'audit_anchors') then true
          when tablename = 'audit_entries' then has_any_column_privilege(name, 'insert')
          when tablename = 'audit_seals' then has_table_privilege(name, 'insert')
          else has_table_privilege(name, 'insert')
            and has_table_privilege(name, 'update')
            and has_table_privilege(name, 'delete')
        end
      )
    order by tablename
  `
  const [first] = denied
  if (!first) return
  const tables = denied.map(({ table }) => table).join(', ')
  throw new DatabaseFailure(
    `Role "${first.role}" may not read and write all of Zerg's tables: ${tables}.`,
    `Run \`zerg migrate grant ${first.role}\` as the role that owns them.`,
  )
}
