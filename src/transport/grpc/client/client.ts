// Calls to a service over gRPC: a deadline, repetitions within a budget where they are safe, a
// breaker for when nothing helps, and our own errors at the end. It knows no feature.

import { setTimeout as sleep } from 'node:timers/promises'
import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
} from 'cockatiel'
import type { Call } from '#lib/call.ts'
import type { Clock } from '#lib/clock.ts'
import { AppError, toAppError } from '#lib/errors.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import { attempt, type Failure, type Method } from './attempt.ts'
import { createRetryBudget } from './budget.ts'
import { type Channels, openChannels } from './channels.ts'
import { observeCall } from './observe.ts'

const ATTEMPTS_MAX = 4
const PAUSE_MS = 20
const FAILURES_TO_OPEN = 10
const OPEN_MS = 1_000

export type GrpcClient = ReturnType<typeof openGrpcClient>

type Needs = {
  /** How logs call the service. */
  name: string
  addresses: readonly string[]
  /** Longest that one call may take, repetitions included; a call's own deadline may be sooner. */
  timeoutMs: () => number
  /** What to throw when the service cannot be reached. */
  unreachable: (cause: unknown) => AppError
  clock: Clock
  log: Log
  metrics: Metrics['tasksService']
}

type Options = {
  /**
   * `always` for what may run twice without harm; `unprocessed` repeats only what no instance has
   * begun, because it was never sent or refused by an instance that is going away.
   */
  repeat: 'always' | 'unprocessed'
  /** Told when an attempt was lost on the way, so that it may have run. */
  onUnsure?: () => void
}

export function openGrpcClient(needs: Needs) {
  const { clock, log, metrics, unreachable } = needs
  const channels: Channels = openChannels(needs.addresses, clock.elapsedMs)
  const budget = createRetryBudget(clock.elapsedMs)
  // Errors that speak against the service as such, not against one call.
  const outages = new WeakSet<Error>()
  const breaker = circuitBreaker(
    handleWhen(error => error instanceof Error && outages.has(error)),
    { halfOpenAfter: OPEN_MS, breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) },
  )
  metrics.breakerOpen.set(0)
  breaker.onBreak(() => {
    metrics.breakerOpen.set(1)
    log.warn({ service: needs.name, addresses: needs.addresses }, 'breaker_opened')
  })
  breaker.onReset(() => {
    metrics.breakerOpen.set(0)
    log.info({ service: needs.name }, 'breaker_closed')
  })

  return { unary, channels, close: channels.close }

  /** @throws AppError what the service threw, `unreachable`, or the call's own reason. */
  async function unary<Request, Response>(
    call: Call,
    method: Method<Request, Response>,
    { request, ...options }: Options & { request: Request },
  ): Promise<Response> {
    const observed = observeCall(call, { ...needs, path: method.path })
    try {
      // While one call finds out whether the service is back, the others do not wait for it.
      if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError()
      const response = await breaker.execute(() =>
        attempts(call, method, { request, ...options, onRetry: observed.retried }),
      )
      observed.ended(undefined)
      return response
    } catch (thrown) {
      const error = thrown instanceof BrokenCircuitError ? unreachable(thrown) : toAppError(thrown)
      observed.ended(error)
      throw error
    }
  }

  async function attempts<Request, Response>(
    call: Call,
    method: Method<Request, Response>,
    { request, repeat, onUnsure, onRetry }: Options & { request: Request; onRetry: () => void },
  ): Promise<Response> {
    const { signal, caller } = call
    const ownDeadlineAtMs = clock.nowMs() + needs.timeoutMs()
    const deadlineAtMs = Math.min(call.deadlineAtMs, ownDeadlineAtMs)
    const given = { request, requestId: caller.requestId, deadlineAtMs, signal }
    for (let count = 1; ; count++) {
      if (signal.aborted) throw signal.reason
      const { response, failure } = await attempt(channels.pick(), method, given)
      if (!failure) {
        budget.succeeded()
        return response
      }
      if (signal.aborted) throw signal.reason
      if (failure.kind === 'unsure') onUnsure?.()
      if (count === ATTEMPTS_MAX || !mayRepeat(failure, repeat))
        throw errorOf(failure, deadlineAtMs === ownDeadlineAtMs)
      onRetry()
      // The first repetition goes to another instance at once; later ones give all of them time.
      if (count > 1) await sleep(PAUSE_MS * 2 ** count * (0.5 + Math.random()))
    }
  }

  function mayRepeat({ kind }: Failure, repeat: Options['repeat']) {
    if (kind === 'unprocessed') return !channels.isHopeless()
    return kind === 'unsure' && repeat === 'always' && budget.take()
  }

  function errorOf({ kind, answer, error }: Failure, isOwnDeadline: boolean): AppError {
    if (answer) return answer
    if (kind === 'unforeseen') return toAppError(error)
    const translated = kind === 'late' ? late(error) : unreachable(error)
    // One instance lost while another serves is no outage, however many calls it took along.
    if (kind === 'late' ? isOwnDeadline : channels.countReady() === 0) outages.add(translated)
    return translated
  }
}

const late = (cause: unknown) =>
  new AppError('deadline_exceeded', 'The service behind did not answer in time.', { cause })
