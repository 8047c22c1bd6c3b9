// The requests under way, and what ends them early: their deadline, a client that hung up, a shutdown.
// One timer looks after all of them, so that a request costs a place in a set and no timer of its own.

import { AppError } from '#lib/errors.ts'
import type { Clock } from '#lib/clock.ts'
import type { Exchange } from './exchange.ts'

/** Also how late a deadline or a hang-up may be noticed. */
const SWEEP_MS = 50
/** How long a handler whose signal fired may take to end by itself; then it is answered for. */
const GRACE_MS = 1_000

export type Tenant = {
  exchange: Exchange
  /** Fires the signal of its call. */
  end(reason: AppError): void
  /** Answers in place of a handler that does not. */
  answerFor(reason: AppError): void
  /** When its signal fired. */
  endedAtMs: number | undefined
  watched: boolean
}

export function createInFlight({ clock }: { clock: Clock }) {
  const tenants = new Set<Tenant>()
  let timer: ReturnType<typeof setInterval> | undefined

  return { add, remove, endAll, count: () => tenants.size }

  function add(tenant: Tenant): void {
    tenants.add(tenant)
    timer ??= setInterval(sweep, SWEEP_MS)
  }

  /** False where it was not there any more. */
  function remove(tenant: Tenant): boolean {
    return tenants.delete(tenant)
  }

  function sweep(): void {
    const nowMs = clock.nowMs()
    for (const tenant of tenants) look(tenant, nowMs)
    if (tenants.size > 0 || timer === undefined) return
    clearInterval(timer)
    timer = undefined
  }

  function look(tenant: Tenant, nowMs: number): void {
    const { call, request } = tenant.exchange
    if (tenant.endedAtMs !== undefined) {
      if (nowMs - tenant.endedAtMs >= GRACE_MS) tenant.answerFor(call.signal.reason as AppError)
      return
    }
    if (nowMs >= call.deadlineAtMs) return end(tenant, deadlineExceeded())
    if (tenant.watched) return
    // Only a request that takes long enough to be seen here pays for a listener.
    tenant.watched = true
    if (request.signal.aborted) return end(tenant, clientGone())
    request.signal.addEventListener('abort', () => end(tenant, clientGone()), { once: true })
  }

  function end(tenant: Tenant, reason: AppError): void {
    if (tenant.endedAtMs !== undefined) return
    tenant.endedAtMs = clock.nowMs()
    tenant.end(reason)
  }

  /** Ends everything under way; returns how many that were. */
  function endAll(reason: () => AppError): number {
    let ended = 0
    for (const tenant of tenants) {
      if (tenant.endedAtMs === undefined) ended++
      end(tenant, reason())
    }
    return ended
  }
}

const deadlineExceeded = () =>
  new AppError('deadline_exceeded', 'The request reached its deadline and was ended.')

const clientGone = () => new AppError('client_closed_request', 'The client closed the connection.')
