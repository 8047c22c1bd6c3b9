// Words of what is good no more, in PostgreSQL.

import type { Runner } from '#platform/postgres/database.ts'

export const KINDS = ['session', 'user', 'key', 'signing-keys'] as const

export type RevokedKind = (typeof KINDS)[number]

export type Revocation = { kind: RevokedKind; id: string }

/** `key` tells one word from another. */
export type Told = Revocation & { key: string }

export function createRevocationRepository() {
  return { insert, since, forget }

  async function insert(on: Runner, { kind, id }: Revocation): Promise<void> {
    await on.run(sql => sql.unsafe(INSERT, [kind, id], PREPARED))
  }

  /** Every word since then, by the database's clock; without a moment none, but what time it is. */
  async function since(on: Runner, sinceMs: number | undefined) {
    const values = [sinceMs === undefined ? 'infinity' : new Date(sinceMs).toISOString()]
    const rows = await on.run(sql => sql.unsafe<Row[]>(SINCE, values, PREPARED))
    const nowMs = Date.parse(rows[0]?.now ?? '')
    const revocations: Told[] = rows.flatMap(({ kind, subject_id: id, key }) =>
      kind === null || id === null || key === null ? [] : [{ kind, id, key }],
    )
    return { nowMs, revocations }
  }

  /** Of no interest once every access token from before it has expired. Returns how many went. */
  async function forget(on: Runner): Promise<number> {
    return (await on.run(sql => sql.unsafe<object[]>(FORGET))).length
  }
}

type Row = {
  now: string
  kind: RevokedKind | null
  subject_id: string | null
  key: string | null
}

const PREPARED = { prepare: true } as const

const INSERT = 'insert into revocations (kind, subject_id) values ($1, $2)'

const SINCE = `select moment.now, told.kind, told.subject_id, told.id::text as key
  from (select clock_timestamp() as now) moment
  left join revocations told on told.created_at > $1::timestamptz`

const FORGET = `delete from revocations where created_at < now() - interval '1 hour' returning 1`
