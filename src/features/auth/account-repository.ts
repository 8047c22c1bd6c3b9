// Users as far as signing in is concerned, in PostgreSQL.

import type { Role } from '#lib/caller.ts'
import type { Runner, Tx } from '#platform/postgres/database.ts'

export type AccountRepository = ReturnType<typeof createAccountRepository>

export type Account = {
  id: string
  email: string | null
  name: string
  roles: Role[]
  is_active: boolean
  password_hash: string | null
  /** Whether they have signed in from the network before. */
  is_known: boolean
}

/** A user as the identity provider knows them. */
export type External = {
  issuer: string
  subject: string
  /** Moment of the token, in seconds since the epoch: of two tokens the later one is right. */
  issuedAtS: number
  /** Null where roles are none of the provider's business. */
  roles: readonly Role[] | null
}

export type NewExternal = Omit<External, 'roles'> & {
  id: string
  name: string
  email: string | null
  roles: readonly Role[]
}

export function createAccountRepository() {
  return {
    holderOf,
    byEmail,
    byId,
    signedIn,
    setPassword,
    external,
    follow,
    createExternal,
    tie,
    forget,
  }

  /** Undefined where the session has ended, or the user is disabled. */
  async function holderOf(
    on: Runner,
    { userId, sessionId }: { userId: string; sessionId: string | null },
  ): Promise<{ roles: Role[] } | undefined> {
    const values = [userId, sessionId]
    const [holder] = await on.run(sql => sql.unsafe<{ roles: Role[] }[]>(HOLDER, values, PREPARED))
    return holder
  }

  async function byEmail(on: Runner, email: string, network: string) {
    const [found] = await on.run(sql => sql.unsafe<Account[]>(BY_EMAIL, [email, network], PREPARED))
    return found
  }

  async function byId(on: Runner, id: string, network: string) {
    const [found] = await on.run(sql => sql.unsafe<Account[]>(BY_ID, [id, network], PREPARED))
    return found
  }

  /**
   * Notes when and from where; with a hash, one that was made by today's parameters. False where the
   * password is not the one that was verified any more, or the user was disabled.
   */
  async function signedIn(tx: Tx, { id, network, verified, passwordHash }: SignedIn) {
    const values = [id, verified, passwordHash]
    const rows = await tx.run(sql => sql.unsafe<object[]>(SIGNED_IN, values, PREPARED))
    if (rows.length === 0) return false
    await tx.run(sql => sql.unsafe(SEEN_AT, [id, network], PREPARED))
    await tx.run(sql => sql.unsafe(FORGET_PLACES, [id], PREPARED))
    return true
  }

  /** False where the password is not the one that was verified any more. */
  async function setPassword(tx: Tx, id: string, of: { from: string; to: string }) {
    const values = [id, of.from, of.to]
    const rows = await tx.run(sql => sql.unsafe<object[]>(SET_PASSWORD, values, PREPARED))
    return rows.length > 0
  }

  async function external(on: Runner, { issuer, subject }: Pick<External, 'issuer' | 'subject'>) {
    const [found] = await on.run(sql => sql.unsafe<Linked[]>(EXTERNAL, [issuer, subject], PREPARED))
    return found
  }

  /** Takes over what a later token than the one before says. Undefined where it says nothing new. */
  async function follow(tx: Tx, id: string, { issuedAtS, roles }: Followed) {
    const values = [id, issuedAtS, roles ? [...roles] : null]
    const [followed] = await tx.run(sql => sql.unsafe<Changed[]>(FOLLOW, values, PREPARED))
    return followed
  }

  /** False where another instance was first, or somebody has the address. */
  async function createExternal(tx: Tx, user: NewExternal): Promise<boolean> {
    const { id, name, email, roles, issuer, subject, issuedAtS } = user
    const values = [id, name, email, [...roles], issuer, subject, issuedAtS]
    const rows = await tx.run(sql => sql.unsafe<object[]>(CREATE_EXTERNAL, values, PREPARED))
    return rows.length > 0
  }

  /**
   * Ties somebody of the provider to the user who was made for them: of the same address, without a
   * password, and tied to nobody yet. Returns the user's id, where there is one.
   */
  async function tie(tx: Tx, { issuer, subject, email }: Tied): Promise<string | undefined> {
    const values = [issuer, subject, email]
    const [tied] = await tx.run(sql => sql.unsafe<{ id: string }[]>(TIE, values, PREPARED))
    return tied?.id
  }

  /** Places that nobody has signed in from for long. Returns how many went. */
  async function forget(on: Runner): Promise<number> {
    return (await on.run(sql => sql.unsafe<object[]>(FORGET))).length
  }
}

type SignedIn = {
  id: string
  network: string
  verified: string | null
  passwordHash: string | null
}
type Linked = { id: string; roles: Role[]; is_active: boolean; seen_at: string | null }
type Followed = Pick<External, 'issuedAtS' | 'roles'>
type Tied = Pick<External, 'issuer' | 'subject'> & { email: string }
type Changed = { before: Role[]; roles: Role[] }

const PREPARED = { prepare: true } as const

const HOLDER = `select u.roles from users u
  where u.id = $1 and u.is_active and ($2::uuid is null or exists (
    select from sessions s
    where s.id = $2 and s.user_id = u.id and s.expires_at > now()))`

const accountBy = (column: string) => `select
    u.id, u.email, u.name, u.roles, u.is_active, u.password_hash,
    exists (select from sign_in_places p where p.user_id = u.id and p.network = $2) as is_known
  from users u where u.${column} = $1`

const BY_EMAIL = accountBy('email')
const BY_ID = accountBy('id')

const SIGNED_IN = `update users set
    last_login_at = now(), password_hash = coalesce($3, password_hash)
  where id = $1 and password_hash = $2 and is_active returning 1`

const SEEN_AT = `insert into sign_in_places (user_id, network) values ($1, $2)
  on conflict (user_id, network) do update set seen_at = now()`

// As many as a person who travels needs.
const FORGET_PLACES = `delete from sign_in_places where user_id = $1 and network in (
    select network from sign_in_places where user_id = $1
    order by seen_at desc, network offset 20)`

const SET_PASSWORD = `update users set
    password_hash = $3, version = version + 1, updated_at = greatest(now(), updated_at)
  where id = $1 and password_hash = $2 and is_active returning 1`

const EXTERNAL = `select u.id, u.roles, u.is_active, u.last_login_at as seen_at
  from user_identities i join users u on u.id = i.user_id
  where i.issuer = $1 and i.subject = $2`

const FOLLOW = `with was as (select roles from users where id = $1 for update)
  update users set
    last_login_at = to_timestamp($2),
    roles = coalesce($3::text[], users.roles),
    version = version + case when $3::text[] is null or $3::text[] = users.roles then 0 else 1 end,
    updated_at = case when $3::text[] is null or $3::text[] = users.roles
      then updated_at else greatest(now(), updated_at) end
  from was
  where id = $1 and (last_login_at is null or last_login_at < to_timestamp($2))
  returning was.roles as before, users.roles`

// An address that somebody here has already is left out: nobody becomes them by it.
const CREATE_EXTERNAL = `with linked as (
    insert into users (id, name, email, roles, last_login_at)
    select $1, $2,
      case when exists (select from users where email = $3) then null else $3::text end,
      $4::text[], to_timestamp($7)
    where not exists (select from user_identities where issuer = $5 and subject = $6)
    returning id
  )
  insert into user_identities (issuer, subject, user_id) select $5, $6, id from linked
  returning 1`

const TIE = `insert into user_identities (issuer, subject, user_id)
  select $1, $2, u.id from users u
  where u.email = $3 and u.password_hash is null
    and not exists (select from user_identities i where i.user_id = u.id)
  returning user_id as id`

const FORGET = `delete from sign_in_places where seen_at < now() - interval '90 days' returning 1`
