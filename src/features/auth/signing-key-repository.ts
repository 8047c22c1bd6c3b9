// The keys that tokens are signed with, in PostgreSQL, sealed.

import type { Runner, Tx } from '#platform/postgres/database.ts'

export type SigningKeyRepository = ReturnType<typeof createSigningKeyRepository>

export type SigningKeyRow = {
  id: string
  signs_from: string
  verifies_until: string | null
  sealed: Uint8Array
}

/** A key that is to sign after so many seconds. */
export type NewRow = { id: string; sealed: Uint8Array; inS: number }

export function createSigningKeyRepository() {
  return { list, alone, insert, retire, putGiven, forget }

  /** Those that still verify. */
  async function list(on: Runner): Promise<SigningKeyRow[]> {
    return [...(await on.run(sql => sql.unsafe<SigningKeyRow[]>(LIST, [], PREPARED)))]
  }

  /** Waits until no other instance makes or retires keys, until the transaction ends. */
  async function alone(tx: Tx): Promise<void> {
    await tx.run(sql => sql.unsafe('select pg_advisory_xact_lock($1::bigint)', [LOCK], PREPARED))
  }

  /** Returns when it is to sign. */
  async function insert(tx: Tx, { id, sealed, inS }: NewRow): Promise<string> {
    const rows = await tx.run(sql =>
      sql.unsafe<{ signs_from: string }[]>(INSERT, [id, sealed, inS], PREPARED),
    )
    return rows[0]?.signs_from ?? ''
  }

  /** All but this one verify for so many seconds more. */
  async function retire(tx: Tx, keptId: string, inS: number): Promise<void> {
    await tx.run(sql => sql.unsafe(RETIRE, [keptId, inS], PREPARED))
  }

  /** A key from the settings: it verifies for a day after the last instance that had it. */
  async function putGiven(on: Runner, { id, sealed }: Omit<NewRow, 'inS'>): Promise<void> {
    await on.run(sql => sql.unsafe(PUT_GIVEN, [id, sealed], PREPARED))
  }

  /** Returns how many verified nothing any more. */
  async function forget(on: Runner): Promise<number> {
    return (await on.run(sql => sql.unsafe<object[]>(FORGET))).length
  }
}

const PREPARED = { prepare: true } as const

// Any number will do, as long as it is nobody else's: "zergkeys" in bytes.
const LOCK = '8820698764758019443'

const LIST = `select id, signs_from, verifies_until, sealed from signing_keys
  where verifies_until is null or verifies_until > now() order by signs_from, id`

const INSERT = `insert into signing_keys (id, signs_from, sealed)
  values ($1, now() + make_interval(secs => $3), $2) returning signs_from`

const RETIRE = `update signing_keys set verifies_until =
    least(coalesce(verifies_until, 'infinity'), now() + make_interval(secs => $2))
  where id <> $1`

const PUT_GIVEN = `insert into signing_keys (id, signs_from, verifies_until, sealed)
  values ($1, now(), now() + interval '1 day', $2)
  on conflict (id) do update set verifies_until = excluded.verifies_until, sealed = excluded.sealed`

const FORGET = `delete from signing_keys where verifies_until < now() - interval '1 day' returning 1`
