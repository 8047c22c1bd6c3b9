// What every `zerg migrate …` shares: the session on the database that the configuration names.

import pino from 'pino'
import { loadConfig } from '#config/load.ts'
import { createMigrator, type Migrator } from '#platform/postgres/migrate/migrator.ts'
import { openSession, type Session } from '#platform/postgres/migrate/session.ts'
import { CommandError, EXIT, usageError } from '../../exit.ts'
import { settingFlags, typedSettings } from '../../setting-flags.ts'
import { tellProgress } from './progress.ts'

type Args = Readonly<Record<string, unknown>>

export const sharedFlags = {
  json: { type: 'boolean', description: 'Print JSON.' },
  ...settingFlags,
} as const

/** Opens a session on PostgreSQL, and closes it after `work`. */
export async function withSession<T>(args: Args, work: (session: Session) => Promise<T>) {
  const flags = typedSettings(args)
  const { config } = loadConfig({ flags })
  const { url, ...settings } = config.database
  if (url === undefined) throw embedded()
  // Who names a database on the command line means it itself, not the pooler of the environment.
  const isDirect = flags['database-url'] !== undefined && flags['database-pooler'] === undefined
  const session = await openSession({
    source: { url },
    settings: isDirect ? { ...settings, pooler: 'none' } : settings,
    log: pino({ level: 'silent' }),
    waitMs: config.lifecycle.startTimeoutMs,
    signal: new AbortController().signal,
  })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

export const withMigrator = <T>(args: Args, work: (migrator: Migrator) => Promise<T>) =>
  withSession(args, ({ sql }) => work(createMigrator({ sql, tell: tellProgress })))

/** The number after `--to`. */
export function versionOf(to: string | undefined): number | undefined {
  if (to === undefined) return undefined
  if (!/^\d{1,9}$/.test(to))
    throw usageError(`--to cannot be "${to}".`, '`zerg migrate status` lists the versions.')
  return Number(to)
}

const embedded = () =>
  new CommandError('DATABASE_URL is not set, and the embedded database is migrated by `serve`.', {
    fix: 'Name a database: --database-url postgres://user:password@host:5432/name.',
    exitCode: EXIT.configuration,
  })
