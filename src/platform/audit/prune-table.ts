// The statements of pruning. Each runs in one transaction, which says that it is maintenance.

import type { Runner, Tx } from '../postgres/database.ts'
import type { Anchor } from './anchors.ts'
import { type Tip, toTip, type TipRow } from './seals-table.ts'

/** Before anything else: past the triggers, without a limit of time, and never long in anybody's way. */
export async function prepare(tx: Tx) {
  await tx.run(
    sql => sql`
      select set_config('zerg.audit_maintenance', 'on', true),
        set_config('lock_timeout', '400', true), set_config('statement_timeout', '0', true)`,
  )
}

/** Entries that are old enough, and in no seal. */
export async function countUnsealed(on: Runner, tip: Tip, boundary: Date): Promise<number> {
  return await count(
    on,
    `select count(*)::integer as count from audit_entries
    where (xid, seq) > ($1::xid8, $2::bigint) and seq > $3::bigint and at < $4::timestamptz`,
    [tip.lastXid, tip.lastSeq, tip.eraSeq, boundary.toISOString()],
  )
}

export const countBefore = (on: Runner, boundary: Date) =>
  count(on, 'select count(*)::integer as count from audit_entries where at < $1::timestamptz', [
    boundary.toISOString(),
  ])

export const countSeals = (on: Runner, upTo: number) =>
  count(on, 'select count(*)::integer as count from audit_seals where number <= $1', [upTo])

const TIP = 'number, total, head, era, era_seq, last_xid::text as last_xid, last_seq'

/** The last seal that holds nothing younger, and none before it does. */
export async function lastSealBefore(on: Runner, boundary: Date): Promise<Tip | undefined> {
  const [row] = await on.run(sql =>
    sql.unsafe<TipRow[]>(
      `select ${TIP} from audit_seals
      where number < coalesce(
        (select min(number) from audit_seals where last_at >= $1::timestamptz),
        (select max(number) + 1 from audit_seals))
      order by number desc limit 1`,
      [boundary.toISOString()],
    ),
  )
  return row && toTip(row)
}

export async function latestAnchor(on: Runner): Promise<Tip | undefined> {
  const [row] = await on.run(sql =>
    sql.unsafe<TipRow[]>(`select ${TIP} from audit_anchors order by number desc limit 1`),
  )
  return row && toTip(row)
}

/** Those whose month is over by then. */
export async function partitionsBefore(on: Runner, boundary: Date): Promise<string[]> {
  const rows = await on.run(
    sql => sql<{ name: string }[]>`
      select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = 'audit_entries'::regclass and relname ~ '^audit_entries_y\\d{4}m\\d{2}$'
      order by relname`,
  )
  const first = nameOf(boundary)
  return rows.map(({ name }) => name).filter(name => name < first)
}

export async function drop(tx: Tx, partition: string) {
  await tx.run(sql => sql.unsafe<object[]>(`drop table ${partition}`))
}

export async function removeFromDefault(tx: Tx, boundary: Date) {
  await tx.run(
    sql => sql`delete from audit_entries_default where at < ${boundary.toISOString()}::timestamptz`,
  )
}

export async function removeSeals(tx: Tx, upTo: number) {
  await tx.run(sql => sql`delete from audit_seals where number <= ${upTo}`)
}

export async function insertAnchor(tx: Tx, anchor: Anchor) {
  const { number, prunedBeforeMs, era, eraSeq, lastXid, lastSeq, total } = anchor
  const place = [number, prunedBeforeMs, era, eraSeq, lastXid, lastSeq, total]
  await tx.run(sql =>
    sql.unsafe<object[]>(
      `insert into audit_anchors
        (number, pruned_before, era, era_seq, last_xid, last_seq, total, head, key_id, signature)
      values ($1, to_timestamp($2::double precision / 1000), $3, $4, $5, $6, $7, $8, $9, $10)`,
      [...place, anchor.hash, anchor.keyId, anchor.signature],
    ),
  )
}

// As audit_make_partition names them.
const nameOf = (month: Date) =>
  `audit_entries_y${month.toISOString().slice(0, 4)}m${month.toISOString().slice(5, 7)}`

async function count(on: Runner, text: string, values: (string | number)[]): Promise<number> {
  const [row] = await on.run(sql => sql.unsafe<{ count: number }[]>(text, values))
  return row?.count ?? 0
}
