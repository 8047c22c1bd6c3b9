// The rows of `audit_seals`, and the entries that wait for one. Nothing here writes an entry.

import type { Runner } from '../postgres/database.ts'
import { GENESIS, LINK } from './chain.ts'
import type { Head, Signed } from './heads.ts'

/** How far the chain has come. */
export type Tip = {
  number: number
  total: number
  hash: Uint8Array
  /** Counts the servers that this database has lived on: each counts its transactions from 0. */
  era: number
  /** Entries up to this number belong to earlier eras. */
  eraSeq: number
  lastXid: string
  lastSeq: number
}

export type Seal = Head &
  Signed &
  Omit<Tip, 'number' | 'total' | 'hash'> & { lastAt: string; entries: number; links: Uint8Array }

/** Entries that are ready to be sealed, in their order. */
export type Ready = {
  entries: number
  links: Uint8Array | null
  last_at: string | null
  now_ms: number
  /** Every transaction of this server has a smaller number. */
  horizon: string
}

export type TipRow = {
  number: number
  total: number
  head: Uint8Array
  era: number
  era_seq: number
  last_xid: string
  last_seq: number
}

const TIP_COLUMNS = 'number, total, head, era, era_seq, last_xid::text as last_xid, last_seq'

// Where every seal has been pruned the chain goes on from its anchor.
const TIP = `
  (select ${TIP_COLUMNS} from audit_seals order by number desc limit 1)
  union all
  (select ${TIP_COLUMNS} from audit_anchors order by number desc limit 1)
  order by number desc limit 1`

export const START: Tip = {
  number: 0,
  total: 0,
  hash: GENESIS,
  era: 0,
  eraSeq: 0,
  lastXid: '0',
  lastSeq: 0,
}

export async function readTip(on: Runner): Promise<Tip> {
  const [row] = await on.run(sql => sql.unsafe<TipRow[]>(TIP, [], PREPARED))
  return row ? toTip(row) : START
}

export const toTip = (row: TipRow): Tip => ({
  number: row.number,
  total: row.total,
  hash: row.head,
  era: row.era,
  eraSeq: row.era_seq,
  lastXid: row.last_xid,
  lastSeq: row.last_seq,
})

/** Past every transaction there can be. */
const NEVER = '18446744073709551615'

// A transaction that is still open may yet write an entry before those that are here already: only
// what is older than all of them has its place for good.
const READY = `
  with ready as (
    select xid, seq, at, ${LINK} as link
    from audit_entries
    where (xid, seq) > ($1::xid8, $2::bigint) and seq > $3::bigint
      and xid < coalesce($4::xid8, pg_snapshot_xmin(pg_current_snapshot()))
    order by xid, seq
    limit $5::integer
  )
  select count(*)::integer as entries, string_agg(link, ''::bytea order by xid, seq) as links,
    max(at) as last_at, (extract(epoch from now()) * 1000)::bigint as now_ms,
    pg_snapshot_xmax(pg_current_snapshot())::text as horizon
  from ready`

type Wanted = { limit: number; evenIfOpen?: boolean }

/** The statement of `readReady`; it counts on `byIndex`. */
export const readyStatement = (tip: Tip, { limit, evenIfOpen }: Wanted) => ({
  text: READY,
  values: [tip.lastXid, tip.lastSeq, tip.eraSeq, evenIfOpen === true ? NEVER : null, limit],
})

export async function readReady(on: Runner, tip: Tip, wanted: Wanted): Promise<Ready> {
  const { text, values } = readyStatement(tip, wanted)
  const [ready] = await on.run(sql => sql.unsafe<Ready[]>(text, values, PREPARED))
  if (!ready) throw new Error('An aggregate came back without a row.')
  return ready
}

const INSERT = `insert into audit_seals
    (number, sealed_at, era, era_seq, last_xid, last_seq, last_at, entries, total, links, head,
     key_id, signature)
  values ($1, to_timestamp($2::double precision / 1000), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  on conflict (number) do nothing
  returning number`

/** False where another was first to use the number. */
export async function insertSeal(on: Runner, seal: Seal): Promise<boolean> {
  const { number, sealedAtMs, era, eraSeq, lastXid, lastSeq, lastAt, entries } = seal
  const place = [number, sealedAtMs, era, eraSeq, lastXid, lastSeq, lastAt, entries]
  const values = [...place, seal.total, seal.links, seal.hash, seal.keyId, seal.signature]
  const rows = await on.run(sql => sql.unsafe<object[]>(INSERT, values, PREPARED))
  return rows.length > 0
}

/** The number of the last entry that came from a server whose transactions ours has yet to reach. */
export async function lastOfEarlierEra(on: Runner, horizon: string): Promise<number> {
  const [row] = await on.run(
    sql => sql<{ seq: number | null }[]>`
      select max(seq) as seq from audit_entries where xid >= ${horizon}::xid8`,
  )
  return row?.seq ?? 0
}

const WAITING = `
  select count(*)::integer as entries,
    coalesce(extract(epoch from now() - min(at)), 0)::double precision as lag_s
  from (
    select at from audit_entries
    where (xid, seq) > ($1::xid8, $2::bigint) and seq > $3::bigint
      and xid < pg_snapshot_xmax(pg_current_snapshot())
    order by xid, seq
    limit 10000
  ) as waiting`

/** How many entries no seal holds yet (counted to 10,000), and for how long the first has waited. */
export async function readWaiting(
  on: Runner,
  tip: Tip,
): Promise<{ entries: number; lag_s: number }> {
  const [waiting] = await on.run(sql =>
    sql.unsafe<{ entries: number; lag_s: number }[]>(
      WAITING,
      [tip.lastXid, tip.lastSeq, tip.eraSeq],
      PREPARED,
    ),
  )
  return waiting ?? { entries: 0, lag_s: 0 }
}

const PREPARED = { prepare: true } as const
