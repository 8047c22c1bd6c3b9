// The rows of keys, and the locks that say that a row is about to come.

import { createHash } from 'node:crypto'
import type { Runner, Tx } from '../postgres/database.ts'

/** How long an answer is kept. */
export const KEPT_HOURS = 24

const EXPIRED_AT_ONCE_MAX = 1_000

type Owned = { callerId: string; key: string }

export type Kept = { fingerprint: string; result: string | null }

/**
 * What was kept under the key, and whether the key is ours until the transaction ends. The lock
 * comes first, each in a statement (and so a snapshot) of its own: where it is ours and no row is
 * seen, there is none. It is of the transaction, so that poolers may share connections, and is
 * tried and never waited for.
 */
export async function claim(tx: Tx, owned: Owned): Promise<{ kept?: Kept; isHeld: boolean }> {
  const { callerId, key } = owned
  const [[lock], [kept]] = await Promise.all([
    tx.run(
      sql => sql<{ held: boolean }[]>`
        select pg_try_advisory_xact_lock(${lockOf(owned)}::bigint) as held`,
    ),
    tx.run(
      sql => sql<Kept[]>`
        select fingerprint, result from idempotency_keys
        where caller_id = ${callerId} and key = ${key}
          and created_at > now() - make_interval(hours => ${KEPT_HOURS}::int)`,
    ),
  ])
  return { ...(kept && { kept }), isHeld: lock?.held === true }
}

/** Takes the place of a row that has expired. */
export async function keep(tx: Tx, { callerId, key, fingerprint, result }: Owned & Kept) {
  await tx.run(
    sql => sql`
      insert into idempotency_keys (caller_id, key, fingerprint, result)
      values (${callerId}, ${key}, ${fingerprint}, ${result})
      on conflict (caller_id, key) do update
      set fingerprint = excluded.fingerprint, result = excluded.result,
        created_at = excluded.created_at`,
  )
}

/** Deletes some of those that have expired; returns how many, 0 when none is left. */
export async function removeExpired(on: Runner): Promise<number> {
  const gone = await on.run(
    sql => sql<{ key: string }[]>`
      delete from idempotency_keys where (caller_id, key) in (
        select caller_id, key from idempotency_keys
        where created_at <= now() - make_interval(hours => ${KEPT_HOURS}::int)
        order by created_at limit ${EXPIRED_AT_ONCE_MAX}
        for update skip locked)
      returning key`,
  )
  return gone.length
}

// 64 bits of a hash: two keys that are at work at the same moment share a lock once in a universe,
// and then one of them is told to come again.
const lockOf = ({ callerId, key }: Owned): string =>
  createHash('sha256').update(`${callerId} ${key}`).digest().readBigInt64BE(0).toString()
