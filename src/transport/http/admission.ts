// Lets a request in: finds out who asks, and whether what they show is good for this route. Knows no
// user: it is handed the function that does.

import { type Authenticate, callerOf, type Identity } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { isInScope } from '#lib/rule.ts'
import { type Access, OPEN, SIGNED_IN } from './access.ts'
import type { Exchange } from './exchange.ts'

export type Admission = {
  /**
   * Puts the caller into the exchange's call. At once where the token is known already.
   *
   * @throws AppError `authentication_required`, `invalid_token`, `token_expired`, `insufficient_scope`.
   */
  admit(exchange: Exchange, access: Access, token: string | undefined): void | Promise<void>
}

export function createAdmission({ authenticate }: { authenticate: Authenticate }): Admission {
  return { admit }

  function admit(exchange: Exchange, access: Access, token: string | undefined) {
    if (access.rule === OPEN) return
    if (token === undefined) throw new AppError('authentication_required', 'This needs a token.')
    if (isInQuery(exchange)) throw inQuery()
    const { call, from } = exchange
    const found = authenticate(token, { signal: call.signal, address: from.address })
    return found instanceof Promise
      ? found.then(identity => enter(exchange, access, identity))
      : enter(exchange, access, found)
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
