// What stands in a database, compared with what this executable knows.

import type { Migration } from '../migrations/index.ts'
import { type Applied, checksumOf } from './ledger.ts'

export type MigrationState = {
  version: number
  name: string
  /** `changed`: applied from another text. `unknown`: applied by a newer Zerg. */
  state: 'applied' | 'pending' | 'changed' | 'unknown'
  appliedAt: string | null
  durationMs: number | null
}

export function compare(
  known: readonly Migration[],
  applied: readonly Applied[],
): MigrationState[] {
  const byVersion = new Map(applied.map(row => [row.version, row]))
  const ours = known.map(migration => {
    const row = byVersion.get(migration.version)
    if (!row) return entry(migration, 'pending')
    return entry(migration, row.checksum === checksumOf(migration) ? 'applied' : 'changed', row)
  })
  const versions = new Set(known.map(({ version }) => version))
  const others = applied
    .filter(({ version }) => !versions.has(version))
    .map(row => entry(row, 'unknown', row))
  return [...ours, ...others].sort((a, b) => a.version - b.version)
}

const entry = (
  { version, name }: { version: number; name: string },
  state: MigrationState['state'],
  row?: Applied,
): MigrationState => ({
  version,
  name,
  state,
  appliedAt: row?.applied_at ?? null,
  durationMs: row?.duration_ms ?? null,
})
