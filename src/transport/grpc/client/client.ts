// Calls to a service over gRPC: a deadline, repetitions within a budget where they are safe, a
// breaker for when nothing helps, and our own errors at the end. It knows no feature.

import {
  BrokenCircuitError,
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
} from 'cockatiel'
import type { Call } from '#lib/call.ts'
import type { Clock } from '#lib/clock.ts'
import { errorEntry } from '#lib/error-codes.ts'
import { AppError, toAppError } from '#lib/errors.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { ChannelTls } from '../tls.ts'
import type { Failure, Method } from './attempt.ts'
import { createAttempts, type Wish } from './attempts.ts'
import { openChannels } from './channels.ts'
import type { Credentials } from './metadata.ts'
import { observeCall } from './observe.ts'

const FAILURES_TO_OPEN = 10
const OPEN_MS = 1_000

export type GrpcClient = ReturnType<typeof openGrpcClient>

type Needs = ChannelTls & {
  /** How logs call the service. */
  name: string
  addresses: readonly string[]
  /** Longest that one call may take, repetitions included; a call's own deadline may be sooner. */
  timeoutMs: () => number
  credentials: Credentials
  /** What to throw when the service cannot be reached. */
  unreachable: (cause: unknown) => AppError
  clock: Clock
  log: Log
  metrics: Metrics['tasksService']
}

export function openGrpcClient(needs: Needs) {
  const { clock, log, metrics, unreachable } = needs
  const channels = openChannels({ ...needs, elapsedMs: clock.elapsedMs })
  const attempts = createAttempts({ ...needs, channels })
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

  return { unary, channels, credentials: needs.credentials, close: channels.close }

  /** @throws AppError what the service threw, `unreachable`, or the call's own reason. */
  async function unary<Request, Response>(
    call: Call,
    method: Method<Request, Response>,
    wish: Wish<Request>,
  ): Promise<Response> {
    const observed = observeCall(call, { ...needs, path: method.path })
    try {
      // While one call finds out whether the service is back, the others do not wait for it.
      if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError()
      const response = await breaker.execute(() =>
        answered(call, method, { ...wish, onRetry: observed.retried }),
      )
      observed.ended(undefined)
      return response
    } catch (thrown) {
      const error = thrown instanceof BrokenCircuitError ? unreachable(thrown) : toAppError(thrown)
      observed.ended(error)
      throw error
    }
  }

  async function answered<Request, Response>(
    call: Call,
    method: Method<Request, Response>,
    wish: Wish<Request> & { onRetry: () => void },
  ): Promise<Response> {
    const ownDeadlineAtMs = clock.nowMs() + needs.timeoutMs()
    const deadlineAtMs = Math.min(call.deadlineAtMs, ownDeadlineAtMs)
    const { response, failure } = await attempts.run(call, method, { ...wish, deadlineAtMs })
    if (failure) throw errorOf(failure, deadlineAtMs === ownDeadlineAtMs)
    return response
  }

  function errorOf({ kind, answer, error }: Failure, isOwnDeadline: boolean): AppError {
    if (answer && !isAboutUs(answer)) return answer
    if (kind === 'unforeseen') return toAppError(error)
    const translated = kind === 'late' ? late(error) : unreachable(answer ?? error)
    // One instance lost while another serves is no outage, however many calls it took along.
    if (kind === 'late' ? isOwnDeadline : answer || channels.countReady() === 0)
      outages.add(translated)
    return translated
  }
}

// Whoever asked us has been let in: it is our own token that is not taken, whoever it is for.
const isAboutUs = ({ code }: AppError) => errorEntry(code).status === 401

const late = (cause: unknown) =>
  new AppError('deadline_exceeded', 'The service behind did not answer in time.', { cause })
