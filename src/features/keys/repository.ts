// API keys in PostgreSQL. SQL lives here, and nowhere else in this feature. Of a secret only its
// hash comes here, and none ever leaves.

import { BUILT_IN_USER_ID, type Role } from '#lib/caller.ts'
import type { Position } from '#lib/cursor.ts'
import { AppError } from '#lib/errors.ts'
import { USUAL_ROWS, createPlaceholders, roundUpRows } from '#lib/placeholders.ts'
import type { Runner, Tx } from '#platform/postgres/database.ts'
import { onConstraint } from '#platform/postgres/errors.ts'
import type { ApiKey, ApiKeyFilter } from './model.ts'

export type KeyRepository = ReturnType<typeof createKeyRepository>

/** Undefined where every user's keys are meant. */
export type Whose = { userId: string } | undefined

export type KeyContent = Pick<ApiKey, 'id' | 'user_id' | 'name' | 'scopes' | 'expires_at'>
export type Secret = { prefix: string; hash: Buffer }

/** What is absent stays. */
export type KeyChange = {
  [Field in 'name' | 'scopes' | 'expires_at']?: ApiKey[Field] | undefined
}

export type Listing = {
  filter: ApiKeyFilter
  whose: Whose
  descending: boolean
  after: Position | undefined
  limit: number
}

/** What a secret stands for. */
export type Holder = {
  id: string
  user_id: string
  roles: Role[]
  scopes: ApiKey['scopes']
  expires_at: string | null
  /** Until when this very secret is good, where it is the one before the last rotation. */
  overlap_until: string | null
}

/** When a key was last used, in milliseconds since the epoch. */
export type Use = readonly [id: string, atMs: number]

export function createKeyRepository() {
  return {
    insert,
    find,
    lock,
    list,
    update,
    rotate,
    revoke,
    holderOf,
    noteUses,
    scopesOf,
    rolesOf,
    hasAdmin,
    isEmpty,
    insertAdmin,
  }

  /** @throws AppError `reference_not_found` where there is no such user. */
  async function insert(on: Runner, content: KeyContent, { prefix, hash }: Secret) {
    const { id, user_id, name, scopes, expires_at } = content
    const values = [id, user_id, name, prefix, hash, [...scopes], expires_at]
    const [inserted] = await on
      .run(sql => sql.unsafe<ApiKey[]>(INSERT, values, PREPARED))
      .catch(onMissingUser)
    if (!inserted) throw noUser()
    return inserted
  }

  async function find(on: Runner, id: string, whose: Whose) {
    const values = [id, whose?.userId ?? null]
    const [key] = await on.run(sql => sql.unsafe<ApiKey[]>(FIND, values, PREPARED))
    return key
  }

  /** Keeps others from changing the key until the transaction ends. */
  async function lock(tx: Tx, id: string, whose: Whose) {
    const values = [id, whose?.userId ?? null]
    const [key] = await tx.run(sql => sql.unsafe<ApiKey[]>(`${FIND} for update`, values, PREPARED))
    return key
  }

  async function list(on: Runner, listing: Listing): Promise<ApiKey[]> {
    const { text, values, prepare } = listStatement(listing)
    return [...(await on.run(sql => sql.unsafe<ApiKey[]>(text, values, { prepare })))]
  }

  async function update(tx: Tx, id: string, { name, scopes, expires_at }: KeyChange) {
    const values = [
      id,
      name ?? null,
      scopes ? [...scopes] : null,
      expires_at !== undefined,
      expires_at ?? null,
    ]
    return one(await tx.run(sql => sql.unsafe<ApiKey[]>(UPDATE, values, PREPARED)))
  }

  async function rotate(tx: Tx, id: string, given: Secret & { overlapS: number }) {
    const values = [id, given.prefix, given.hash, given.overlapS]
    return one(await tx.run(sql => sql.unsafe<ApiKey[]>(ROTATE, values, PREPARED)))
  }

  async function revoke(tx: Tx, id: string) {
    return one(await tx.run(sql => sql.unsafe<ApiKey[]>(REVOKE, [id], PREPARED)))
  }

  /** Undefined where no key has this secret, or it is revoked, or its user is disabled. */
  async function holderOf(on: Runner, hash: Buffer): Promise<Holder | undefined> {
    const [holder] = await on.run(sql => sql.unsafe<Holder[]>(HOLDER, [hash], PREPARED))
    return holder
  }

  /** What a key of that user's is good for; undefined where it is good for nothing (any more). */
  async function scopesOf(on: Runner, { id, userId }: { id: string; userId: string }) {
    const [found] = await on.run(
      sql => sql<Pick<ApiKey, 'scopes'>[]>`
        select scopes from api_keys join users on users.id = user_id
        where api_keys.id = ${id} and user_id = ${userId} and is_active and revoked_at is null
          and (expires_at is null or expires_at > now())`,
    )
    return found?.scopes
  }

  /** Undefined where there is no such active user. */
  async function rolesOf(on: Runner, userId: string): Promise<Role[] | undefined> {
    const [user] = await on.run(
      sql => sql<{ roles: Role[] }[]>`select roles from users where id = ${userId} and is_active`,
    )
    return user?.roles
  }

  async function noteUses(on: Runner, uses: readonly Use[]): Promise<void> {
    const values = [uses.map(([id]) => id), uses.map(([, atMs]) => new Date(atMs).toISOString())]
    await on.run(sql => sql.unsafe(NOTE_USES, values))
  }

  async function hasAdmin(on: Runner): Promise<boolean> {
    const rows = await on.run(
      sql => sql`select from users where is_active and 'admin' = any (roles) limit 1`,
    )
    return rows.length > 0
  }

  /** Whether nobody is there but the one whom the first migration made. */
  async function isEmpty(on: Runner): Promise<boolean> {
    const rows = await on.run(sql => sql`select from users where id <> ${BUILT_IN_USER_ID} limit 1`)
    return rows.length === 0
  }

  async function insertAdmin(on: Runner, id: string, name: string): Promise<void> {
    await on.run(sql => sql`insert into users (id, name, roles) values (${id}, ${name}, '{admin}')`)
  }
}

const PREPARED = { prepare: true } as const

const COLUMNS = `id, user_id, name, prefix, scopes, expires_at, last_used_at, revoked_at, rotated_at,
  case when overlap_until > now() then overlap_until end as overlap_until,
  version, created_at, updated_at`

// Nobody makes a key for a user who may not sign in.
const INSERT = `insert into api_keys (id, user_id, name, prefix, hash, scopes, expires_at)
  select $1, users.id, $3, $4, $5, $6::text[], $7::timestamptz
  from users where users.id = $2 and users.is_active
  returning ${COLUMNS}`

const FIND = `select ${COLUMNS} from api_keys
  where id = $1 and ($2::uuid is null or user_id = $2)`

const CHANGED = 'version = version + 1, updated_at = greatest(now(), updated_at)'

const UPDATE = `update api_keys set
    name = coalesce($2, name),
    scopes = coalesce($3::text[], scopes),
    expires_at = case when $4::boolean then $5::timestamptz else expires_at end,
    ${CHANGED}
  where id = $1 returning ${COLUMNS}`

const ROTATE = `update api_keys set
    previous_hash = case when $4::integer > 0 then hash end,
    overlap_until = case when $4::integer > 0 then now() + make_interval(secs => $4::integer) end,
    prefix = $2, hash = $3, rotated_at = now(), ${CHANGED}
  where id = $1 returning ${COLUMNS}`

// The secrets stay, so that they are found again should somebody still show them; they open nothing.
const REVOKE = `update api_keys set revoked_at = now(), ${CHANGED}
  where id = $1 returning ${COLUMNS}`

// Two lookups, each in its own index.
const HOLDER = `select api_keys.id, user_id, roles, scopes, expires_at, good_until as overlap_until
  from (
    select id, user_id, scopes, expires_at, revoked_at, null::timestamptz as good_until
    from api_keys where hash = $1
    union all
    select id, user_id, scopes, expires_at, revoked_at, overlap_until
    from api_keys where previous_hash = $1
  ) api_keys
  join users on users.id = user_id
  where revoked_at is null and is_active and (good_until is null or good_until > now())`

// A later use may have been written by another instance.
const NOTE_USES = `update api_keys set last_used_at = used.at
  from unnest($1::uuid[], $2::timestamptz[]) as used (id, at)
  where api_keys.id = used.id and (last_used_at is null or last_used_at < used.at)`

/** The SQL of a page of keys. */
export function listStatement({ filter, whose, descending, after, limit }: Listing) {
  const { bind, values } = createPlaceholders()
  const direction = descending ? 'desc' : 'asc'
  const conditions = [
    ...(whose ? [`user_id = ${bind(whose.userId)}::uuid`] : []),
    ...(filter.user_id === undefined ? [] : [`user_id = ${bind(filter.user_id)}::uuid`]),
    ...(filter.revoked === undefined ? [] : [`(revoked_at is not null) = ${filter.revoked}`]),
    ...(after
      ? [
          `(created_at, id) ${descending ? '<' : '>'} (${bind(after.key ?? '')}::timestamptz, ${bind(after.id)}::uuid)`,
        ]
      : []),
  ]
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  const rowsMax = roundUpRows(limit)
  const text = `select * from (
      select ${COLUMNS} from api_keys ${where}
      order by created_at ${direction}, id ${direction} limit ${rowsMax}
    ) page limit ${bind(limit)}`
  return { text, values, prepare: rowsMax <= USUAL_ROWS }
}

function one(rows: readonly ApiKey[]): ApiKey {
  const [row] = rows
  if (!row) throw new Error('A key that was locked is gone.')
  return row
}

const noUser = () =>
  new AppError('reference_not_found', '`user_id` names no active user.', {
    errors: [{ pointer: '/user_id', detail: 'names no active user' }],
  })

const onMissingUser = onConstraint({ api_keys_user_id_fkey: noUser })
