// Who asks, as a value that every service takes. Policies need no more than this.

export type Role = 'user' | 'auditor' | 'admin'

export type Caller = {
  kind: 'user' | 'key' | 'internal' | 'operator'
  /** The user (or key) that acts; refers to `users.id`. */
  id: string
  roles: readonly Role[]
  via: 'http' | 'grpc' | 'cli'
  /** Address of the socket; null where there is none. */
  address: string | null
  requestId: string
}

/** The built-in row of `users`, made by the first migration: who everybody is until identity exists. */
export const BUILT_IN_USER_ID = '00000000-0000-7000-8000-000000000001'

type From = {
  via: Caller['via']
  requestId: string
  /** A function where asking costs something: a socket's address is seldom needed. */
  address: string | null | (() => string | null)
}

/** The caller that every request has until identity exists. */
export const builtInCaller = (from: From): Caller => ({
  kind: 'internal',
  id: BUILT_IN_USER_ID,
  roles: ['admin'],
  via: from.via,
  get address() {
    return typeof from.address === 'function' ? from.address() : from.address
  },
  requestId: from.requestId,
})
