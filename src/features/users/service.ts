// What may happen to users, whoever manages them.

import type { Call } from '#lib/call.ts'
import { decodeCursor, encodeCursor } from '#lib/cursor.ts'
import { foldEmail } from '#lib/email.ts'
import { AppError } from '#lib/errors.ts'
import { type Reach, type Rule, reachOf, requireReach } from '#lib/rule.ts'
import { parseTime } from '#lib/time.ts'
import type { Entry } from '#platform/audit/record.ts'
import type { Once } from '#platform/idempotency/once.ts'
import type { Database, Runner, Tx } from '#platform/postgres/database.ts'
import {
  LIMIT_DEFAULT,
  type NewUser,
  type Registration,
  type SelfChange,
  type User,
  type UserChange,
  type UserPage,
  type UserQuery,
} from './model.ts'
import { USERS } from './policy.ts'
import { maySetPassword, requireGrantable, takesAdminAway } from './privileges.ts'
import type { ContentChange, UserRepository } from './repository.ts'

/** What users need of signing in. */
export type Access = {
  /**
   * What may be kept of a password.
   *
   * @throws AppError `validation_failed` where it is guessed too easily, `sign_in_busy`.
   */
  hashPassword(
    password: string,
    of: { signal: AbortSignal; pointer: string; about: readonly string[] },
  ): Promise<string>
  /** Ends every session of the user, on every instance. */
  endSessions(tx: Tx, userId: string): Promise<void>
  /** Leaves word for every instance that what was known of the user holds no more. */
  tellChanged(tx: Tx, userId: string): Promise<void>
}

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  repository: UserRepository
  access: Access
  once: Once
  record(on: Runner, call: Call, entry: Entry): Promise<void>
  /** Whether strangers may open accounts. */
  isRegistrationOpen: boolean
  newId(): string
}

type Given = Omit<UserChange, 'version'>
type Change = { rule: Rule; id: string; version: number | undefined; given: Given }

export function createUsers(needs: Needs) {
  const { database, repository, access, once, record, newId } = needs
  return { create, register, get, list, change, remove, getSelf, changeSelf }

  /** @throws AppError `email_taken`, `forbidden`. */
  async function create(call: Call, given: NewUser): Promise<User> {
    requireReach(call.caller, USERS.create)
    const roles = given.roles ?? ['user']
    requireGrantable(call.caller, roles)
    const passwordHash = await hashOf(call, given.password ?? null, [given.email, given.name])
    const user = {
      id: newId(),
      email: folded(given.email) ?? null,
      name: given.name,
      roles,
      is_active: given.is_active ?? true,
      passwordHash,
    }
    // The key stands for everything but the password, of which no fast hash is to be kept.
    const input = { ...given, password: typeof given.password }
    return await once(call, { action: USERS.create.action, input }, on =>
      repository.insert(on, call, { as: 'created', user }),
    )
  }

  /** @throws AppError `registration_closed`, `email_taken`. */
  async function register(call: Call, given: Registration): Promise<User> {
    if (!needs.isRegistrationOpen)
      throw new AppError('registration_closed', 'Accounts are made by administrators here.')
    const { email, name, password } = given
    const passwordHash = await hashOf(call, password, [email, name])
    const user = {
      id: newId(),
      email: foldEmail(email),
      name,
      roles: ['user' as const],
      is_active: true,
      passwordHash,
    }
    return await repository.insert(database.on(call.signal), call, { as: 'registered', user })
  }

  async function get(call: Call, id: string): Promise<User> {
    const reach = reachOf(call.caller, USERS.read)
    const user = isWithin(reach, id)
      ? await repository.find(database.on(call.signal), id)
      : undefined
    if (!user) throw notFound()
    return user
  }

  async function list(call: Call, query: UserQuery): Promise<UserPage> {
    const reach = reachOf(call.caller, USERS.list)
    if (!reach) return { data: [], next_cursor: null }
    const { sort: order = '-created_at', cursor, limit = LIMIT_DEFAULT, email, ...rest } = query
    const filter = email === undefined ? rest : { ...rest, email: foldEmail(email) }
    const after = cursor === undefined ? undefined : decodeCursor(cursor, order, isMoment)
    const users = await repository.list(database.on(call.signal), {
      filter,
      only: reach === 'any' ? undefined : reach.userId,
      descending: order.startsWith('-'),
      after,
      // One more than is shown says whether there is another page.
      limit: limit + 1,
    })
    const last = users.length > limit ? users[limit - 1] : undefined
    return {
      data: users.slice(0, limit),
      next_cursor: last ? encodeCursor(order, { key: last.created_at, id: last.id }) : null,
    }
  }

  async function change(call: Call, id: string, { version, ...given }: UserChange) {
    requireManager(call, USERS.change, id)
    return await update(call, { rule: USERS.change, id, version, given })
  }

  /** The user, disabled, where something still belongs to them; else undefined, since they are gone. */
  async function remove(call: Call, id: string, version?: number): Promise<User | undefined> {
    requireManager(call, USERS.remove, id)
    const place = { id, version, isAboutAdmins: true }
    return await changing(call, place, async (tx, before) => {
      await requireAllowed(tx, { call, before, given: { is_active: false } })
      await access.endSessions(tx, id)
      await access.tellChanged(tx, id)
      const isGone = await repository.remove(tx, id)
      const after = isGone ? undefined : await repository.update(tx, id, { is_active: false })
      await record(tx, call, entryOf(USERS.remove, { before, after }))
      return after
    })
  }

  async function getSelf(call: Call): Promise<User> {
    const reach = requireReach(call.caller, USERS.readSelf)
    const id = reach === 'any' ? call.caller.userId : reach.userId
    const user = await repository.find(database.on(call.signal), id)
    if (!user) throw notFound()
    return user
  }

  async function changeSelf(call: Call, { version, ...given }: SelfChange): Promise<User> {
    requireReach(call.caller, USERS.changeSelf)
    return await update(call, { rule: USERS.changeSelf, id: call.caller.userId, version, given })
  }

  async function update(call: Call, { rule, id, version, given }: Change): Promise<User> {
    const isNothing = Object.values(given).every(value => value === undefined)
    const passwordHash = given.password === undefined ? undefined : await newHash(call, id, given)
    const isAboutAdmins = given.roles !== undefined || given.is_active === false
    return await changing(call, { id, version, isAboutAdmins }, async (tx, before) => {
      if (isNothing) return before
      if (rule !== USERS.changeSelf) await requireAllowed(tx, { call, before, given })
      const after = await repository.update(tx, id, contentOf(given, passwordHash))
      if (given.password !== undefined || !after.is_active) await access.endSessions(tx, id)
      await access.tellChanged(tx, id)
      const hasPassword = given.password !== undefined
      await record(tx, call, entryOf(rule, { before, after, hasPassword }))
      return after
    })
  }

  // Changes of one user wait for each other.
  async function changing<T>(
    call: Call,
    { id, version, isAboutAdmins }: Place,
    work: (tx: Tx, before: User) => Promise<T>,
  ): Promise<T> {
    return await database.transaction(call.signal, async tx => {
      // Before the row is locked, so that nobody waits for somebody who waits for them.
      if (isAboutAdmins) await repository.alone(tx)
      const before = await repository.lock(tx, id)
      if (!before) throw notFound()
      if (version !== undefined && version !== before.version) throw mismatch(before, version)
      return await work(tx, before)
    })
  }

  async function requireAllowed(tx: Tx, { call, before, given }: Asked): Promise<void> {
    const { caller } = call
    requireGrantable(caller, [...before.roles, ...(given.roles ?? [])])
    if (given.password !== undefined && !maySetPassword(caller))
      throw new AppError('forbidden', 'No key sets the password of a user.')
    if (!takesAdminAway(before, given)) return
    if (before.id === caller.userId)
      throw new AppError('forbidden', 'Another administrator has to do this to you.')
    if (before.is_active && !(await repository.hasOtherAdmin(tx, before.id)))
      throw new AppError('last_admin', 'The user is the last active administrator.')
  }

  async function newHash(call: Call, id: string, given: Given): Promise<string | null> {
    if (given.password === null || given.password === undefined) return null
    const user = await repository.find(database.on(call.signal), id)
    if (!user) throw notFound()
    const { email = user.email, name = user.name } = given
    return await hashOf(call, given.password, [email, name])
  }

  // Before the transaction: it takes a while, and a connection is too dear to wait.
  async function hashOf(
    { signal }: Call,
    password: string | null,
    about: readonly (string | null | undefined)[],
  ): Promise<string | null> {
    if (password === null) return null
    const known = about.filter(text => typeof text === 'string')
    return await access.hashPassword(password, { signal, pointer: '/password', about: known })
  }
}

type Place = { id: string; version: number | undefined; isAboutAdmins: boolean }
type Asked = { call: Call; before: User; given: Given }

/** @throws AppError `forbidden` where the caller may see the user, else `user_not_found`. */
function requireManager({ caller }: Call, rule: Rule, id: string): void {
  if (isWithin(reachOf(caller, rule), id)) return
  if (isWithin(reachOf(caller, USERS.read), id))
    throw new AppError('forbidden', `You may not do this (${rule.action}).`)
  throw notFound()
}

const isWithin = (reach: Reach | undefined, id: string): boolean =>
  reach === 'any' || (reach !== undefined && reach.userId === id)

const folded = (email: string | null | undefined): string | null | undefined =>
  typeof email === 'string' ? foldEmail(email) : email

const contentOf = (given: Given, passwordHash: string | null | undefined): ContentChange => ({
  email: folded(given.email),
  name: given.name,
  roles: given.roles,
  is_active: given.is_active,
  passwordHash,
})

type Seen = { before: User; after: User | undefined; hasPassword?: boolean }

const entryOf = ({ action }: Rule, { before, after, hasPassword = false }: Seen): Entry => ({
  action,
  kind: 'user',
  id: before.id,
  outcome: 'done',
  before: shownOf(before),
  after: after ? { ...shownOf(after), ...(hasPassword && { password: '[masked]' }) } : null,
})

const shownOf = ({ email, name, roles, is_active, version }: User) => ({
  email,
  name,
  roles,
  is_active,
  version,
})

const isMoment = (key: string | null) => key !== null && parseTime(key) === key

const notFound = () => new AppError('user_not_found', 'There is no user with this id.')

const mismatch = ({ version }: User, expected: number) =>
  new AppError(
    'version_mismatch',
    `The user is at version ${version} by now; the change was meant for ${expected}.`,
  )
