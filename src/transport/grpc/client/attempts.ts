// One call as a series of attempts, within its deadline: repeated only where that is safe.

import type { Client } from '@grpc/grpc-js'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '#lib/call.ts'
import type { Clock } from '#lib/clock.ts'
import { attempt, type Failure, type Method } from './attempt.ts'
import { createRetryBudget } from './budget.ts'
import type { Channels } from './channels.ts'
import { type Credentials, metadataOf } from './metadata.ts'

const ATTEMPTS_MAX = 4
const PAUSE_MS = 20

export type Repeat =
  /** What may run twice without harm. */
  | 'always'
  /** Only what no instance has begun: it was never sent, or refused by one that is going away. */
  | 'unprocessed'

export type Wish<Request> = {
  request: Request
  repeat: Repeat
  /** Told when an attempt was lost on the way, so that it may have run. */
  onUnsure?: () => void
}

type Given<Request> = Wish<Request> & {
  deadlineAtMs: number
  onRetry: () => void
}

type Once = { isHalf: boolean; onReplayed: () => void }

type Needs = {
  channels: Channels
  clock: Clock
  timeoutMs: () => number
  credentials: Credentials
}

export type Attempts = ReturnType<typeof createAttempts>

export function createAttempts({ channels, clock, timeoutMs, credentials }: Needs) {
  const budget = createRetryBudget(clock.elapsedMs)

  return { run }

  /** Resolves with the last failure when nothing helped; rejects only with the call's own reason. */
  async function run<Request, Response>(
    call: Call,
    method: Method<Request, Response>,
    given: Given<Request>,
  ) {
    let isUnsure = false
    for (let count = 1; ; count++) {
      const isHalf = count === 1 && given.repeat === 'always' && channels.countReady() > 1
      call.signal.throwIfAborted()
      const { response, failure } = await once(call, method, {
        ...given,
        isHalf,
        // What an attempt of this very call has done was answered to nobody yet.
        onReplayed: () => {
          if (call.idempotency && !isUnsure) call.idempotency.replayed = true
        },
      })
      if (!failure) {
        budget.succeeded()
        return { response }
      }
      call.signal.throwIfAborted()
      const kind = kindOf(failure, { isHalf, isUnsure })
      isUnsure ||= kind === 'unsure'
      if (kind === 'unsure') given.onUnsure?.()
      if (count === ATTEMPTS_MAX || !mayRepeat(kind, given.repeat)) return { failure }
      given.onRetry()
      // The first repetition goes to another instance at once; later ones give all of them time.
      if (count > 1) await sleep(PAUSE_MS * 2 ** count * (0.5 + Math.random()))
    }
  }

  // An instance that hangs must not use up the time in which another one could answer: where there
  // are others, the first attempt gets half of it.
  async function once<Request, Response>(
    call: Call,
    method: Method<Request, Response>,
    { request, deadlineAtMs, isHalf, onReplayed }: Given<Request> & Once,
  ) {
    const { signal } = call
    const metadata = await metadataOf(call, credentials)
    const channel: Client = channels.pick()
    const startedAtMs = clock.nowMs()
    const waitMs = Math.floor((deadlineAtMs - startedAtMs) / (isHalf ? 2 : 1))
    const outcome = await attempt(channel, method, {
      request,
      metadata,
      onReplayed,
      deadlineAtMs: startedAtMs + waitMs,
      signal,
    })
    const hasHung = outcome.failure && isLate(outcome.failure) && waitMs > timeoutMs() / 3
    if (hasHung && !signal.aborted) channels.suspect(channel)
    return outcome
  }

  function mayRepeat(kind: Failure['kind'], repeat: Repeat) {
    if (kind === 'unprocessed') return !channels.isHopeless()
    return kind === 'unsure' && repeat === 'always' && budget.take()
  }
}

// A repetition may find the attempt that was lost still at work.
const kindOf = (failure: Failure, { isHalf, isUnsure }: { isHalf: boolean; isUnsure: boolean }) =>
  (isHalf && isLate(failure)) || (isUnsure && failure.answer?.code === 'idempotency_in_flight')
    ? 'unsure'
    : failure.kind

// Either side may be the first to notice that the time is over.
const isLate = ({ kind, answer }: Failure) =>
  kind === 'late' || answer?.code === 'deadline_exceeded'
