// Who asks, as a value that every service takes. Policies and the audit log need no more than this.

import type { Scope } from './scope.ts'

export const ROLES = ['user', 'auditor', 'admin'] as const

export type Role = (typeof ROLES)[number]

/** What a credential says about whoever shows it. */
export type Identity = {
  /** `operator` is the command line beside the data, `internal` Zerg itself. */
  kind: 'anonymous' | 'user' | 'key' | 'internal' | 'operator'
  /** The user or the key that acts; `NOBODY` for the other kinds. */
  id: string
  /** Whose rows these are: a user's own id, the user of a key; `NOBODY` for the other kinds. */
  userId: string
  roles: readonly Role[]
  /** What the credential was narrowed to. */
  scopes: 'all' | readonly Scope[]
  /** The session that the token belongs to. */
  sessionId: string | null
}

export type Caller = Identity & {
  via: 'http' | 'grpc' | 'cli'
  /** Address of the client; null where there is none. */
  address: string | null
  requestId: string
  traceId: string | null
}

/** The id of no row. */
export const NOBODY = '00000000-0000-0000-0000-000000000000'

export const ANONYMOUS: Identity = {
  kind: 'anonymous',
  id: NOBODY,
  userId: NOBODY,
  roles: [],
  scopes: 'all',
  sessionId: null,
}

/** The command line, beside the data itself. */
export const OPERATOR: Identity = {
  kind: 'operator',
  id: NOBODY,
  userId: NOBODY,
  roles: ['admin'],
  scopes: 'all',
  sessionId: null,
}

/** Zerg itself, where it asks for nobody. */
export const INTERNAL: Identity = {
  kind: 'internal',
  id: NOBODY,
  userId: NOBODY,
  roles: [],
  scopes: 'all',
  sessionId: null,
}

/**
 * Finds out who a token stands for. At once where it is known already: most requests show a token
 * that the one before has shown.
 *
 * @throws AppError `invalid_token`, `token_expired`, or why it could not be found out.
 */
export type Authenticate = (
  token: string,
  from: { signal: AbortSignal; address?: From['address'] },
) => Identity | Promise<Identity>

/** The row of `users` that the first migration makes: the owner of what was there before there were identities. Nobody is it. */
export const BUILT_IN_USER_ID = '00000000-0000-7000-8000-000000000001'

export type From = {
  via: Caller['via']
  requestId: string
  traceId: string | null
  /** A function where asking costs something: a socket's address is seldom needed. */
  address: string | null | (() => string | null)
}

/** Someone, on the way that they came. */
export const callerOf = (identity: Identity, from: From): Caller => ({
  kind: identity.kind,
  id: identity.id,
  userId: identity.userId,
  roles: identity.roles,
  scopes: identity.scopes,
  sessionId: identity.sessionId,
  via: from.via,
  get address() {
    return typeof from.address === 'function' ? from.address() : from.address
  },
  requestId: from.requestId,
  traceId: from.traceId,
})
