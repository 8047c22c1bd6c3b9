// Sessions in PostgreSQL. Of their refresh tokens there are only hashes.

import type { Role } from '#lib/caller.ts'
import type { Runner, Tx } from '#platform/postgres/database.ts'
import type { Session } from './model.ts'

export type SessionRepository = ReturnType<typeof createSessionRepository>

export type NewSession = {
  id: string
  userId: string
  family: Buffer
  member: Buffer
  idleS: number
  lifeS: number
  address: string | null
  userAgent: string | null
}

/** A session as whoever refreshes it meets it, locked. */
export type Refreshing = {
  id: string
  user_id: string
  roles: Role[]
  is_good: boolean
  member_hash: Uint8Array
  previous_hash: Uint8Array | null
  /** How long ago the present member came. */
  age_s: number
}

type Row = Omit<Session, 'is_current'>

export function createSessionRepository() {
  return { insert, endOldest, lock, rotate, list, end, endAll, forget }

  async function insert(tx: Tx, session: NewSession): Promise<void> {
    const { id, userId, family, member, idleS, lifeS, address, userAgent } = session
    const values = [id, userId, family, member, idleS, lifeS, address, userAgent]
    await tx.run(sql => sql.unsafe(INSERT, values, PREPARED))
  }

  /** Ends what is beyond so many, those first that were refreshed longest ago. Returns their ids. */
  async function endOldest(tx: Tx, userId: string, max: number): Promise<string[]> {
    return await ids(tx, END_OLDEST, [userId, max])
  }

  async function lock(tx: Tx, family: Buffer): Promise<Refreshing | undefined> {
    const [found] = await tx.run(sql => sql.unsafe<Refreshing[]>(LOCK, [family], PREPARED))
    return found
  }

  async function rotate(tx: Tx, id: string, of: Rotation): Promise<void> {
    const values = [id, of.member, of.idleS, of.address, of.userAgent]
    await tx.run(sql => sql.unsafe(ROTATE, values, PREPARED))
  }

  /** The latest first. As many as a user may have, and no more. */
  async function list(on: Runner, userId: string): Promise<Row[]> {
    return [...(await on.run(sql => sql.unsafe<Row[]>(LIST, [userId], PREPARED)))]
  }

  /** False where the user has no such session. */
  async function end(tx: Tx, userId: string, id: string): Promise<boolean> {
    return (await ids(tx, END, [userId, id])).length > 0
  }

  /** All of the user's but one. Returns their ids. */
  async function endAll(tx: Tx, userId: string, keptId: string | null): Promise<string[]> {
    return await ids(tx, END_ALL, [userId, keptId])
  }

  /** Those whose time is over. Returns how many went. */
  async function forget(on: Runner): Promise<number> {
    return (await on.run(sql => sql.unsafe<object[]>(FORGET))).length
  }

  async function ids(tx: Tx, text: string, values: (string | number | null)[]) {
    const rows = await tx.run(sql => sql.unsafe<{ id: string }[]>(text, values, PREPARED))
    return rows.map(({ id }) => id)
  }
}

type Rotation = Pick<NewSession, 'member' | 'idleS' | 'address' | 'userAgent'>

const PREPARED = { prepare: true } as const

const INSERT = `insert into sessions
    (id, user_id, family_hash, member_hash, expires_at, ends_at, address, user_agent)
  values ($1, $2, $3, $4, now() + make_interval(secs => least($5::float8, $6::float8)),
    now() + make_interval(secs => $6::float8), $7, $8)`

const END_OLDEST = `delete from sessions where id in (
    select id from sessions where user_id = $1
    order by rotated_at desc, id desc offset $2::integer) returning id`

const LOCK = `select s.id, s.user_id, u.roles, u.is_active and s.expires_at > now() as is_good,
    s.member_hash, s.previous_hash,
    extract(epoch from clock_timestamp() - s.rotated_at)::float8 as age_s
  from sessions s join users u on u.id = s.user_id
  where s.family_hash = $1 for update of s`

const ROTATE = `update sessions set
    member_hash = $2, previous_hash = member_hash, rotated_at = clock_timestamp(),
    expires_at = least(now() + make_interval(secs => $3::float8), ends_at),
    address = $4, user_agent = $5
  where id = $1`

const LIST = `select id, created_at, rotated_at as last_used_at, expires_at, address, user_agent
  from sessions where user_id = $1 and expires_at > now()
  order by created_at desc, id desc limit 200`

const END = 'delete from sessions where user_id = $1 and id = $2 returning id'

const END_ALL = `delete from sessions
  where user_id = $1 and id is distinct from $2::uuid returning id`

const FORGET = 'delete from sessions where expires_at < now() returning 1'
