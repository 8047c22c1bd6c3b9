// The requests under way, and what ends them early: their deadline, a client that hung up, a shutdown.
// One timer looks after all of them, so that a request costs a place in a set and no timer of its own.

import { AppError } from '#lib/errors.ts'
import type { Clock } from '#lib/clock.ts'
import { formatDuration } from '#lib/duration.ts'
import type { Exchange } from './exchange.ts'

/** Also how late a deadline or a hang-up may be noticed. */
const SWEEP_MS = 50
/** A client that hangs up sooner is answered all the same. */
const WATCHED_AFTER_MS = 200
/** How long a handler whose signal fired may take to end by itself; then it is answered for. */
const GRACE_MS = 1_000

type Needs = {
  clock: Clock
  /** Answers in place of a handler that does not. */
  answerFor(exchange: Exchange, reason: unknown): void
}

export function createInFlight({ clock, answerFor }: Needs) {
  const exchanges = new Set<Exchange>()
  let timer: ReturnType<typeof setInterval> | undefined

  return { add, remove, endAll, count: () => exchanges.size }

  function add(exchange: Exchange): void {
    exchanges.add(exchange)
    timer ??= setInterval(sweep, SWEEP_MS)
  }

  /** False where it was not there any more. */
  function remove(exchange: Exchange): boolean {
    return exchanges.delete(exchange)
  }

  function sweep(): void {
    const nowMs = clock.nowMs()
    for (const exchange of exchanges) look(exchange, nowMs)
    if (exchanges.size > 0 || timer === undefined) return
    clearInterval(timer)
    timer = undefined
  }

  function look(exchange: Exchange, nowMs: number): void {
    const { call, request } = exchange
    if (exchange.endedAtMs > 0) {
      if (nowMs - exchange.endedAtMs >= GRACE_MS) answerFor(exchange, call.signal.reason)
      return
    }
    if (nowMs >= call.deadlineAtMs) return end(exchange, deadlineExceeded())
    if (isTooSlow(exchange)) return end(exchange, bodyTooSlow(exchange))
    if (exchange.isWatched || clock.elapsedMs() - exchange.startedAtMs < WATCHED_AFTER_MS) return
    // Only a request that takes long pays for a listener, which costs more than most requests do.
    exchange.isWatched = true
    if (request.signal.aborted) return end(exchange, clientGone())
    request.signal.addEventListener('abort', () => end(exchange, clientGone()), { once: true })
  }

  // Counted from the head: a client that means it sends its body with it.
  function isTooSlow({ isReading, house, startedAtMs }: Exchange): boolean {
    const { bodyTimeoutMs = Infinity } = house
    return isReading && clock.elapsedMs() - startedAtMs >= bodyTimeoutMs
  }

  function end(exchange: Exchange, reason: AppError): void {
    if (exchange.endedAtMs > 0) return
    exchange.endedAtMs = clock.nowMs()
    exchange.controller.abort(reason)
  }

  /** Ends everything under way; returns how many that were. */
  function endAll(reason: () => AppError): number {
    let ended = 0
    for (const exchange of exchanges) {
      if (exchange.endedAtMs === 0) ended++
      end(exchange, reason())
    }
    return ended
  }
}

const deadlineExceeded = () =>
  new AppError('deadline_exceeded', 'The request reached its deadline and was ended.')

const bodyTooSlow = ({ house: { bodyTimeoutMs = 0 } }: Exchange) =>
  new AppError('body_too_slow', `The body had not arrived after ${formatDuration(bodyTimeoutMs)}.`)

const clientGone = () => new AppError('client_closed_request', 'The client closed the connection.')
