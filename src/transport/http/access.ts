// What a route asks of whoever calls it: a rule, or nothing. The one list of what answers strangers
// is made from here (`docs/permissions.md`).

import type { Rule } from '#lib/rule.ts'

/** Answers anybody: health, sign-in, the API document, the error codes. */
export const OPEN = 'open'

/** Paths that serve nothing say so only to those who are signed in. */
export const SIGNED_IN = 'signed-in'

export type RouteRule = Rule | typeof OPEN | typeof SIGNED_IN

/** Which limit a request counts against; health counts against none. */
export type LimitClass = 'read' | 'write' | 'login' | 'expensive' | 'none'

/** Whether an `Idempotency-Key` makes a repetition harmless, or is refused. */
export type KeyUse = 'kept' | 'refused'

export type Access = {
  readonly rule: RouteRule
  readonly limit: LimitClass
  readonly idempotency: KeyUse
}

export const UNMATCHED: Access = { rule: SIGNED_IN, limit: 'read', idempotency: 'refused' }

/** A route as Elysia keeps it, as far as this is concerned. */
type Kept = { method: string; path: string; detail: unknown }

/**
 * What each route asks, by `METHOD /template`.
 *
 * @throws Error where a route states no rule: a server with such a route does not start.
 */
export const accessesOf = (routes: readonly Kept[]): ReadonlyMap<string, Access> =>
  new Map(routes.map(route => [`${route.method} ${route.path}`, accessOf(route)]))

function accessOf({ method, path, detail }: Kept): Access {
  const { rule, limit, idempotency = 'refused' } = statedIn(detail)
  if (rule === undefined) throw new Error(`${method} ${path} states no rule of who may call it.`)
  return { rule, limit: limit ?? (method === 'GET' ? 'read' : 'write'), idempotency }
}

type Stated = { rule?: RouteRule; limit?: LimitClass; idempotency?: KeyUse }

// A documented route states it with its operation, a hidden one beside `hide`.
function statedIn(detail: unknown): Stated {
  if (typeof detail !== 'object' || detail === null) return {}
  return ('operation' in detail ? detail.operation : detail) as Stated
}
