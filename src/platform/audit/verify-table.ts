// What verification reads: anchors, seals, and the links of the entries as they are now.

import { createPlaceholders } from '#lib/placeholders.ts'
import type { Runner } from '../postgres/database.ts'
import type { Anchor } from './anchors.ts'
import { type Link, LINK, readLinks } from './chain.ts'
import type { Seal, Tip } from './seals-table.ts'

type Row = {
  number: number
  total: number
  head: Uint8Array
  era: number
  era_seq: number
  last_xid: string
  last_seq: number
  key_id: string
  signature: Uint8Array
}

const COLUMNS =
  'number, total, head, era, era_seq, last_xid::text as last_xid, last_seq, key_id, signature'

/** The latest there is. */
export async function readAnchor(on: Runner): Promise<Anchor | undefined> {
  const [row] = await on.run(sql =>
    sql.unsafe<(Row & { pruned_before_ms: number })[]>(
      `select ${COLUMNS}, (extract(epoch from pruned_before) * 1000)::bigint as pruned_before_ms
      from audit_anchors order by number desc, pruned_before desc limit 1`,
    ),
  )
  return row && { ...chainOf(row), prunedBeforeMs: row.pruned_before_ms }
}

type SealRow = Row & { sealed_at_ms: number; last_at: string; entries: number; links: Uint8Array }

/** In order, after and up to these numbers. */
export async function readSeals(on: Runner, range: { after: number; to: number; limit: number }) {
  const rows = await on.run(sql =>
    sql.unsafe<SealRow[]>(
      `select ${COLUMNS}, (extract(epoch from sealed_at) * 1000)::bigint as sealed_at_ms,
        last_at, entries, links
      from audit_seals where number > $1 and number <= $2 order by number limit $3`,
      [range.after, range.to, range.limit],
    ),
  )
  return rows.map((row): Seal => {
    const { sealed_at_ms: sealedAtMs, last_at: lastAt, entries, links } = row
    return { ...chainOf(row), sealedAtMs, lastAt, entries, links }
  })
}

/** The last entry of an era by number; null for the era that goes on. */
export async function endOfEra(on: Runner, era: number): Promise<number | null> {
  const [row] = await on.run(sql =>
    sql.unsafe<{ seq: number | null }[]>(
      'select min(era_seq) as seq from audit_seals where era > $1',
      [era],
    ),
  )
  return row?.seq ?? null
}

type Place = Pick<Tip, 'lastXid' | 'lastSeq'>

/** Without a bound it goes on to the end: whoever inserts chooses numbers that nobody expects. */
export type Stretch = {
  after?: Place | undefined
  to?: Place
  /** Numbers that the era has. */
  above?: number | undefined
  upTo?: number | null
}

/** The links of the entries that are there now. */
export async function readEntryLinks(on: Runner, stretch: Stretch, limit?: number) {
  const { values, bind } = createPlaceholders()
  const { after, to, above, upTo } = stretch
  const placeOf = ({ lastXid, lastSeq }: Place) =>
    `(${bind(lastXid)}::xid8, ${bind(lastSeq)}::bigint)`
  const conditions = [
    after && `(xid, seq) > ${placeOf(after)}`,
    to && `(xid, seq) <= ${placeOf(to)}`,
    above !== undefined && `seq > ${bind(above)}::bigint`,
    upTo !== undefined && upTo !== null && `seq <= ${bind(upTo)}::bigint`,
  ].filter(condition => typeof condition === 'string')
  const text = `
    select string_agg(link, ''::bytea order by xid, seq) as links
    from (
      select xid, seq, ${LINK} as link from audit_entries
      where ${['true', ...conditions].join(' and ')}
      order by xid, seq
      ${limit === undefined ? '' : `limit ${bind(limit)}::bigint`}
    ) as entries`
  const [row] = await on.run(sql => sql.unsafe<{ links: Uint8Array | null }[]>(text, values))
  return row?.links ?? new Uint8Array()
}

/** The first entry in such a stretch. */
export async function firstEntry(on: Runner, stretch: Stretch): Promise<Link | undefined> {
  return readLinks(await readEntryLinks(on, stretch, 1))[0]
}

// Entries that say the same, at the same time. Two may do so and both be right: each is in a seal
// where it stands.
const TWINS = `
  select xid, seq, exists (select 1 from audit_seals where position(link in links) > 0) as is_right
  from (
    select xid, seq, ${LINK} as link from audit_entries
    where at = to_timestamp($1::double precision / 1000)
  ) as entries
  where substring(link from 25) = decode($2, 'hex')`

/** Whether an entry that was sealed with this link stands at another place now. */
export async function standsElsewhere(on: Runner, { xid, seq, atMs, digest }: Link) {
  const rows = await on.run(sql =>
    sql.unsafe<object[]>(
      `select 1 from (${TWINS}) as twins
      where not is_right and (xid, seq) <> ($3::xid8, $4::bigint) limit 1`,
      [atMs, digest, String(xid), seq],
    ),
  )
  return rows.length > 0
}

/** Whether an entry with this link was sealed at another place, where it stands no more. */
export async function stoodElsewhere(on: Runner, { atMs, digest }: Link): Promise<boolean> {
  const rows = await on.run(sql =>
    sql.unsafe<object[]>(
      `select 1 where not exists (select 1 from (${TWINS}) as twins where is_right)
        and exists (select 1 from audit_seals where position(decode($2, 'hex') in links) > 0)`,
      [atMs, digest],
    ),
  )
  return rows.length > 0
}

const chainOf = (row: Row) => ({
  number: row.number,
  total: row.total,
  hash: row.head,
  era: row.era,
  eraSeq: row.era_seq,
  lastXid: row.last_xid,
  lastSeq: row.last_seq,
  keyId: row.key_id,
  signature: row.signature,
})
