// Whether the database is ready for this Zerg: not older than its code. A newer one is fine, since a
// rolling update migrates first and replaces processes one by one.

import type { Database, Runner } from '../database.ts'
import { codeOf } from '../errors.ts'
import { DatabaseFailure } from '../failure.ts'
import { type Migration, migrations } from '../migrations/index.ts'
import { LEDGER } from './ledger.ts'

/** @throws DatabaseFailure that names the command to run. */
export async function requireSchema(
  database: Database,
  signal: AbortSignal,
  known: readonly Migration[] = migrations,
): Promise<void> {
  const applied = await appliedVersions(database.on(signal))
  const missing = known.filter(({ version }) => !applied.has(version))
  if (missing.length > 0) throw tooOld(missing, applied.size)
}

async function appliedVersions(on: Runner): Promise<Set<number>> {
  try {
    const rows = await on.run(
      sql => sql<{ version: number }[]>`select version from ${sql(LEDGER)} order by version`,
    )
    return new Set(rows.map(({ version }) => version))
  } catch (error) {
    // The table does not exist: nothing was ever applied.
    if (codeOf(error) === '42P01') return new Set()
    throw codeOf(error) === '42501' ? unreadable(error) : error
  }
}

function tooOld(missing: readonly Migration[], appliedCount: number) {
  const names = missing.map(({ version, name }) => `${version} (${name})`).join(', ')
  const what =
    appliedCount === 0
      ? 'The database has no tables of Zerg yet.'
      : `The database is too old for this Zerg: migration ${names} is missing.`
  return new DatabaseFailure(
    what,
    'Run `zerg migrate up` with the same DATABASE_URL, as the role that owns the tables.',
  )
}

const unreadable = (error: unknown) =>
  new DatabaseFailure(
    `The role of DATABASE_URL may not read ${LEDGER}.`,
    'Run `zerg migrate grant ROLE` as the role that owns the tables.',
    error,
  )
