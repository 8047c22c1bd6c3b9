// Lets a call in: finds out who asks, whether they ask too much, and whether what they show is good
// for this method. A token is a client's own, or that of another instance which forwards a call and
// says for whom; what was forwarded has been counted where it came in.

import type { Metadata } from '@grpc/grpc-js'
import { networkOf } from '#lib/address.ts'
import { type Authenticate, callerOf, type From, type Identity } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { chained, type Maybe } from '#lib/maybe.ts'
import { isInScope } from '#lib/rule.ts'
import type { Decision } from '#platform/limits/decision.ts'
import type { Ask, Limits } from '#platform/limits/limits.ts'
import { refusal } from '#platform/limits/refusal.ts'
import type { Exchange } from './exchange.ts'
import { forwardedFrom } from './forwarded.ts'
import { keyOf } from './idempotency-key.ts'
import type { InternalTokens } from './internal-token.ts'
import type { MethodAccess } from './service.ts'

export type GrpcAdmission = ReturnType<typeof createGrpcAdmission>

type Needs = {
  authenticate: Authenticate
  internal: Pick<InternalTokens, 'isOne' | 'verify'>
  limits: Limits
}

export type Asking = {
  metadata: Metadata
  address: string | null
  limit: MethodAccess['limit']
  signal: AbortSignal
  /** Told of the limit that was asked last. */
  onLimit?: (decision: Decision) => void
}

type Shown = { identity: Identity; isInternal: boolean }
type Who = Omit<Ask, 'class'>

export function createGrpcAdmission({ authenticate, internal, limits }: Needs) {
  return { admit, identify }

  /**
   * Puts the caller into the exchange's call. At once where the token is known already.
   *
   * @throws AppError `authentication_required`, `invalid_token`, `token_expired`,
   *   `insufficient_scope`, `rate_limited`.
   */
  function admit(exchange: Exchange, access: MethodAccess): Maybe<void> {
    const { metadata, call, from } = exchange
    const asking: Asking = {
      metadata,
      address: typeof from.address === 'function' ? from.address() : from.address,
      limit: access.limit,
      signal: call.signal,
      onLimit: decision => void (exchange.limit = decision),
    }
    return chained(identify(asking), shown =>
      chained(shown.isInternal ? undefined : countCaller(asking, shown.identity), () =>
        enter(exchange, access, shown),
      ),
    )
  }

  /** Who shows this, for what has no rule of its own. @throws AppError as `admit` */
  function identify(asking: Asking): Maybe<Shown> {
    const token = tokenOf(asking.metadata)
    // Not counted by the address of the instance in between, unless it shows what nobody has made.
    if (token !== undefined && internal.isOne(token)) return identifyInternal(asking, token)
    return chained(countAddress(asking), () => {
      if (token === undefined) throw new AppError('authentication_required', 'This needs a token.')
      if (token === '') throw notBearer()
      return chained(authenticate(token, asking), identity => ({ identity, isInternal: false }))
    })
  }

  async function identifyInternal(asking: Asking, token: string): Promise<Shown> {
    try {
      return { identity: await internal.verify(token), isInternal: true }
    } catch (error) {
      await countAddress(asking)
      throw error
    }
  }

  function countAddress(asking: Asking): Maybe<void> {
    if (asking.address === null) return undefined
    return count(asking, { scope: 'address', id: networkOf(asking.address) })
  }

  function countCaller(asking: Asking, { id, roles }: Identity): Maybe<void> {
    return count(asking, { scope: 'caller', id, roles })
  }

  function count({ limit, onLimit }: Asking, who: Who): Maybe<void> {
    return chained(limits.check({ class: limit, ...who }), decision => {
      onLimit?.(decision)
      if (!decision.allowed) throw refusal(decision)
    })
  }
}

function enter(exchange: Exchange, access: MethodAccess, { identity, isInternal }: Shown): void {
  const { call, from, metadata } = exchange
  exchange.isForwarded = isInternal
  // Where somebody came from is believed only from those who have let them in.
  const way: From = isInternal ? forwardedFrom(metadata, from) : from
  call.caller = callerOf(identity, way)
  exchange.enterCrowd()
  if (!isInScope(call.caller, access.rule))
    throw new AppError('insufficient_scope', `The token lacks the scope ${access.rule.scope}.`)
  const key = access.keepsKeys ? keyOf(metadata) : undefined
  if (key !== undefined) call.idempotency = { key, replayed: false }
}

/** What stands after `Bearer` (RFC 6750); empty where something else is given. */
function tokenOf(metadata: Metadata): string | undefined {
  const [given, ...more] = metadata.get('authorization')
  if (given === undefined) return undefined
  const [, token = ''] = /^bearer +([^\s,]+)$/i.exec(String(given)) ?? []
  return more.length > 0 ? '' : token
}

const notBearer = () =>
  new AppError('invalid_token', 'The metadata `authorization` is not one bearer token.')
