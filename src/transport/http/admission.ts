// Lets a request in: counts it against the limits, finds out who asks, and whether what they show is
// good for this route. Knows no user: it is handed the function that does.

import { type Authenticate, callerOf, type Identity } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { chained, type Maybe } from '#lib/maybe.ts'
import { isInScope } from '#lib/rule.ts'
import type { Ask, Limits } from '#platform/limits/limits.ts'
import { refusal } from '#platform/limits/refusal.ts'
import { type Access, OPEN, SIGNED_IN } from './access.ts'
import type { Exchange } from './exchange.ts'

export type Admission = {
  /**
   * Puts the caller into the exchange's call. At once where the token is known already.
   *
   * @throws AppError `rate_limited`, `authentication_required`, `invalid_token`, `token_expired`,
   *   `insufficient_scope`.
   */
  admit(exchange: Exchange, access: Access, token: string | undefined): Maybe<void>
}

type Needs = { authenticate: Authenticate; limits: Limits }

export function createAdmission({ authenticate, limits }: Needs): Admission {
  return { admit }

  // An address is counted before it is known who asks, so that guessing at tokens is limited too.
  function admit(exchange: Exchange, access: Access, token: string | undefined): Maybe<void> {
    const counted = count(exchange, access, { scope: 'address', id: exchange.client })
    if (access.rule === OPEN) return counted
    return chained(counted, () =>
      chained(identify(exchange, token), identity => {
        const { id, roles, kind } = identity
        // The command line beside the data is nobody's client.
        const counted =
          kind !== 'operator' && count(exchange, access, { scope: 'caller', id, roles })
        return chained(counted, () => enter(exchange, access, identity))
      }),
    )
  }

  function identify(exchange: Exchange, token: string | undefined): Maybe<Identity> {
    if (token === undefined) throw new AppError('authentication_required', 'This needs a token.')
    if (isInQuery(exchange)) throw inQuery()
    const { call, from } = exchange
    return authenticate(token, { signal: call.signal, address: from.address })
  }

  function count(exchange: Exchange, { limit }: Access, who: Omit<Ask, 'class'>): Maybe<void> {
    if (limit === 'none') return
    return chained(limits.check({ class: limit, ...who }), decision => {
      exchange.limit = decision
      if (!decision.allowed) throw refusal(decision)
    })
  }
}

function enter({ call, from }: Exchange, { rule }: Access, identity: Identity): void {
  const caller = callerOf(identity, from)
  call.caller = caller
  if (rule === OPEN || rule === SIGNED_IN || isInScope(caller, rule)) return
  const needed =
    rule.scope === null
      ? 'This needs a person who is signed in; no key will do.'
      : `The token lacks the scope ${rule.scope}.`
  throw new AppError('insufficient_scope', needed)
}

// The bearer plugin also looks into the query string, from where a token would get into logs and
// histories (RFC 6750, section 2.3).
const isInQuery = ({ request }: Exchange): boolean => request.headers.get('authorization') === null

const inQuery = () =>
  new AppError('invalid_token', 'Tokens are read from the Authorization header only.')
