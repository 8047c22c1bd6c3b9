// Lets a call in: finds out who asks, and whether what they show is good for this method. A token is
// a client's own, or that of another instance which forwards a call and says for whom.

import type { Metadata } from '@grpc/grpc-js'
import { type Authenticate, callerOf, type From, type Identity } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { isInScope } from '#lib/rule.ts'
import type { Exchange } from './exchange.ts'
import { forwardedFrom } from './forwarded.ts'
import type { InternalTokens } from './internal-token.ts'
import { keyOf } from './idempotency-key.ts'
import type { MethodAccess } from './service.ts'

export type GrpcAdmission = ReturnType<typeof createGrpcAdmission>

type Needs = {
  authenticate: Authenticate
  internal: Pick<InternalTokens, 'isOne' | 'verify'>
}

type Shown = { identity: Identity; isInternal: boolean }

export function createGrpcAdmission({ authenticate, internal }: Needs) {
  return { admit, identify }

  /**
   * Puts the caller into the exchange's call. At once where the token is known already.
   *
   * @throws AppError `authentication_required`, `invalid_token`, `token_expired`, `insufficient_scope`.
   */
  function admit(exchange: Exchange, access: MethodAccess): void | Promise<void> {
    const found = identify(exchange.metadata, exchange.call.signal)
    return found instanceof Promise
      ? found.then(shown => enter(exchange, access, shown))
      : enter(exchange, access, found)
  }

  /** Who shows this metadata, for what has no rule of its own. @throws AppError as `admit` */
  function identify(metadata: Metadata, signal: AbortSignal): Shown | Promise<Shown> {
    const token = tokenOf(metadata)
    if (token === undefined) throw new AppError('authentication_required', 'This needs a token.')
    const isInternal = internal.isOne(token)
    const found = isInternal ? internal.verify(token) : authenticate(token, { signal })
    return found instanceof Promise
      ? found.then(identity => ({ identity, isInternal }))
      : { identity: found, isInternal }
  }
}

function enter(exchange: Exchange, access: MethodAccess, { identity, isInternal }: Shown): void {
  const { call, from, metadata } = exchange
  exchange.isForwarded = isInternal
  // Where somebody came from is believed only from those who have let them in.
  const way: From = isInternal ? forwardedFrom(metadata, from) : from
  call.caller = callerOf(identity, way)
  if (!isInScope(call.caller, access.rule))
    throw new AppError('insufficient_scope', `The token lacks the scope ${access.rule.scope}.`)
  const key = access.keepsKeys ? keyOf(metadata) : undefined
  if (key !== undefined) call.idempotency = { key, replayed: false }
}

/** What stands after `Bearer` (RFC 6750). @throws AppError `invalid_token` */
function tokenOf(metadata: Metadata): string | undefined {
  const [given, ...more] = metadata.get('authorization')
  if (given === undefined) return undefined
  const [, token] = /^bearer +([^\s,]+)$/i.exec(String(given)) ?? []
  if (token === undefined || more.length > 0)
    throw new AppError('invalid_token', 'The metadata `authorization` is not one bearer token.')
  return token
}
