// Users and keys for tests, written as rows: who they are is all that counts, not how they were made.

import type { Identity, Role } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import { SCOPES, type Scope } from '#lib/scope.ts'
import { hashToken, newToken, tokenPrefix } from '#lib/secret-token.ts'
import type { Database } from '#platform/postgres/database.ts'

type On = Pick<Database, 'on'>

/** A user's id. Without a word about it, an ordinary one who may sign in. */
export async function giveUser(
  database: On,
  { roles = ['user'], isActive = true }: { roles?: readonly Role[]; isActive?: boolean } = {},
): Promise<string> {
  const id = newId()
  const email = `${id}@zerg.test`
  await run(
    database,
    sql => sql`
      insert into users (id, name, email, roles, is_active)
      values (${id}, ${`User ${id}`}, ${email}, ${[...roles]}::text[], ${isActive})`,
  )
  return id
}

export type GivenKey = { token: string; keyId: string; userId: string }

type Wanted = {
  /** Whose; a new user of these roles where nobody is named. */
  userId?: string
  roles?: readonly Role[]
  /** Every scope there is, unless stated. */
  scopes?: readonly Scope[]
  expiresAt?: string
}

/** A key that works at once: send its token as `Authorization: Bearer …`. */
export async function giveKey(database: On, wanted: Wanted = {}): Promise<GivenKey> {
  const { roles, scopes = SCOPES, expiresAt = null } = wanted
  const userId = wanted.userId ?? (await giveUser(database, { ...(roles && { roles }) }))
  const [keyId, token] = [newId(), newToken('key')]
  await run(
    database,
    sql => sql`
      insert into api_keys (id, user_id, name, prefix, hash, scopes, expires_at)
      values (${keyId}, ${userId}, ${`Key ${keyId}`}, ${tokenPrefix(token)}, ${hashToken(token)},
        ${[...scopes]}::text[], ${expiresAt})`,
  )
  return { token, keyId, userId }
}

/** Who that key is, for a call that comes by no transport. */
export const keyIdentity = (
  { keyId, userId }: GivenKey,
  more: Partial<Identity> = {},
): Identity => ({
  kind: 'key',
  id: keyId,
  userId,
  roles: ['user'],
  scopes: SCOPES,
  sessionId: null,
  ...more,
})

/** Who a user is that has signed in. */
export const userIdentity = (userId: string, roles: readonly Role[] = ['user']): Identity => ({
  kind: 'user',
  id: userId,
  userId,
  roles,
  scopes: 'all',
  sessionId: newId(),
})

const run = (database: On, statement: Parameters<ReturnType<Database['on']>['run']>[0]) =>
  database.on(AbortSignal.timeout(10_000)).run(statement)
