// Users in PostgreSQL. SQL lives here and nowhere else in this feature. Rows are users as they stand;
// what their passwords were made into never leaves.

import type { Call } from '#lib/call.ts'
import type { Position } from '#lib/cursor.ts'
import { AppError } from '#lib/errors.ts'
import { USUAL_ROWS, createPlaceholders, roundUpRows } from '#lib/placeholders.ts'
import { entryOf, whoOf } from '#platform/audit/statement.ts'
import type { Runner, Tx } from '#platform/postgres/database.ts'
import { codeOf, onConstraint } from '#platform/postgres/errors.ts'
import type { User, UserFilter } from './model.ts'
import { REGISTER, USERS } from './policy.ts'

export type UserRepository = ReturnType<typeof createUserRepository>

export type UserContent = Pick<User, 'id' | 'email' | 'name' | 'roles' | 'is_active'> & {
  passwordHash: string | null
}

/** What is absent stays. */
export type ContentChange = {
  [Field in keyof Omit<UserContent, 'id'>]?: UserContent[Field] | undefined
}

export type Listing = {
  filter: UserFilter
  /** Only this one, where the caller may not see the others. */
  only: string | undefined
  descending: boolean
  after: Position | undefined
  limit: number
}

export function createUserRepository() {
  return { insert, find, list, lock, update, remove, alone, hasOtherAdmin }

  /** @throws AppError `email_taken`. */
  async function insert(on: Runner, call: Call, { as, user }: NewRow): Promise<User> {
    const { id, email, name, roles, is_active, passwordHash } = user
    const values = [id, email, name, [...roles], is_active, passwordHash, ...whoOf(call)]
    const [inserted] = await on
      .run(sql => sql.unsafe<User[]>(INSERT[as], values, PREPARED))
      .catch(onTakenEmail)
    if (!inserted) throw new Error('An inserted user came back without their row.')
    return inserted
  }

  async function find(on: Runner, id: string): Promise<User | undefined> {
    const [user] = await on.run(sql => sql.unsafe<User[]>(FIND, [id], PREPARED))
    return user
  }

  async function list(on: Runner, listing: Listing): Promise<User[]> {
    const { text, values, prepare } = listStatement(listing)
    return [...(await on.run(sql => sql.unsafe<User[]>(text, values, { prepare })))]
  }

  /** Keeps others from changing the user until the transaction ends. */
  async function lock(tx: Tx, id: string): Promise<User | undefined> {
    const [user] = await tx.run(sql => sql.unsafe<User[]>(`${FIND} for update`, [id], PREPARED))
    return user
  }

  /** @throws AppError `email_taken`. */
  async function update(tx: Tx, id: string, change: ContentChange): Promise<User> {
    const { email, name, roles, is_active, passwordHash } = change
    const values = [
      id,
      name ?? null,
      roles ? [...roles] : null,
      is_active ?? null,
      email !== undefined,
      email ?? null,
      passwordHash !== undefined,
      passwordHash ?? null,
    ]
    const [updated] = await tx
      .run(sql => sql.unsafe<User[]>(UPDATE, values, PREPARED))
      .catch(onTakenEmail)
    if (!updated) throw new Error('A user that was locked was gone before their change.')
    return updated
  }

  /** False where something still belongs to the user; then nothing has happened. */
  async function remove(tx: Tx, id: string): Promise<boolean> {
    await tx.run(sql => sql.unsafe('savepoint removing'))
    try {
      await tx.run(sql => sql.unsafe('delete from users where id = $1', [id], PREPARED))
      return true
    } catch (error) {
      if (codeOf(error) !== FOREIGN_KEY_VIOLATION) throw error
      await tx.run(sql => sql.unsafe('rollback to savepoint removing'))
      return false
    }
  }

  /** Waits until nobody else decides about who administrates, until the transaction ends. */
  async function alone(tx: Tx): Promise<void> {
    await tx.run(sql => sql.unsafe('select pg_advisory_xact_lock($1::bigint)', [LOCK], PREPARED))
  }

  async function hasOtherAdmin(tx: Tx, id: string): Promise<boolean> {
    const found = await tx.run(sql => sql.unsafe<object[]>(OTHER_ADMIN, [id], PREPARED))
    return found.length > 0
  }
}

/** Where a new user comes from, which is what the audit log says. */
type NewRow = { as: 'created' | 'registered'; user: UserContent }

const PREPARED = { prepare: true } as const

const FOREIGN_KEY_VIOLATION = '23503'

// Any number will do, as long as it is nobody else's: "zerguser" in bytes.
const LOCK = '8820698764926281074'

const COLUMNS = 'id, email, name, roles, is_active, last_login_at, version, created_at, updated_at'

const FIND = `select ${COLUMNS} from users where id = $1`

const insertAs = (action: string) => `with made as (
    insert into users (id, email, name, roles, is_active, password_hash)
    values ($1, $2, $3, $4::text[], $5, $6)
    returning ${COLUMNS}
  ), entry as (${entryOf({
    action,
    kind: 'user',
    first: 7,
    from: 'made',
    id: 'made.id',
    before: null,
    after: `jsonb_build_object('email', made.email, 'name', made.name,
      'roles', to_jsonb(made.roles), 'is_active', made.is_active, 'version', made.version)`,
  })})
  select ${COLUMNS} from made`

const INSERT = { created: insertAs(USERS.create.action), registered: insertAs(REGISTER) } as const

const UPDATE = `update users set
    name = coalesce($2, name),
    roles = coalesce($3::text[], roles),
    is_active = coalesce($4, is_active),
    email = case when $5 then $6 else email end,
    password_hash = case when $7 then $8 else password_hash end,
    version = version + 1,
    updated_at = greatest(now(), updated_at)
  where id = $1
  returning ${COLUMNS}`

const OTHER_ADMIN = `select from users
  where 'admin' = any (roles) and is_active and id <> $1 limit 1`

/** The SQL of a page of users. */
export function listStatement({ filter, only, descending, after, limit }: Listing) {
  const { bind, values } = createPlaceholders()
  const direction = descending ? 'desc' : 'asc'
  const conditions = [
    ...(only === undefined ? [] : [`id = ${bind(only)}::uuid`]),
    ...(filter.email === undefined ? [] : [`email = ${bind(filter.email)}`]),
    // Written out, so that the indexes of those who have such a role can be used.
    ...(filter.role === undefined ? [] : [`'${filter.role}' = any (roles)`]),
    ...(filter.is_active === undefined ? [] : [filter.is_active ? 'is_active' : 'not is_active']),
    ...(after
      ? [
          `(created_at, id) ${descending ? '<' : '>'} (${bind(after.key ?? '')}::timestamptz, ${bind(after.id)}::uuid)`,
        ]
      : []),
  ]
  const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
  const rowsMax = roundUpRows(limit)
  const text = `select * from (
      select ${COLUMNS} from users ${where}
      order by created_at ${direction}, id ${direction} limit ${rowsMax}
    ) page limit ${bind(limit)}`
  return { text, values, prepare: rowsMax <= USUAL_ROWS }
}

const onTakenEmail = onConstraint({
  users_email_key: () =>
    new AppError('email_taken', 'Another user has this e-mail address.', {
      errors: [{ pointer: '/email', detail: 'is taken by another user' }],
    }),
})
