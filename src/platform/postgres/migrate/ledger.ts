// The table that remembers which migrations were applied, and from which text.

import { createHash } from 'node:crypto'
import type postgres from 'postgres'
import type { Migration } from '../migrations/index.ts'

export type Applied = {
  version: number
  name: string
  checksum: string
  applied_at: string
  duration_ms: number
}

export const LEDGER = 'zerg_migrations'

/** Line ends do not count: a checkout on Windows has others. */
export const checksumOf = ({ up }: Migration): string =>
  createHash('sha256').update(up.replaceAll('\r\n', '\n')).digest('hex')

export async function createLedger(sql: postgres.ISql) {
  // Asked for first: `if not exists` would still demand the right to create.
  if (await hasLedger(sql)) return
  await sql`
    create table ${sql(LEDGER)} (
      version integer not null,
      name text not null,
      checksum text not null,
      applied_at timestamptz(3) not null default now(),
      duration_ms integer not null,
      constraint zerg_migrations_pkey primary key (version)
    )
  `
}

/** In order; empty where nothing was ever applied. */
export async function readLedger(sql: postgres.ISql): Promise<Applied[]> {
  if (!(await hasLedger(sql))) return []
  return await sql<Applied[]>`
    select version, name, checksum, applied_at, duration_ms from ${sql(LEDGER)} order by version
  `
}

export async function recordApplied(sql: postgres.ISql, migration: Migration, tookMs: number) {
  const { version, name } = migration
  await sql`
    insert into ${sql(LEDGER)} (version, name, checksum, duration_ms)
    values (${version}, ${name}, ${checksumOf(migration)}, ${Math.round(tookMs)})
  `
}

export async function recordUndone(sql: postgres.ISql, { version }: Migration) {
  await sql`delete from ${sql(LEDGER)} where version = ${version}`
}

async function hasLedger(sql: postgres.ISql): Promise<boolean> {
  const [found] = await sql`select to_regclass(${LEDGER}) is not null as yes`
  return found?.['yes'] === true
}
