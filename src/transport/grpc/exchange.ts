// One gRPC call under way, from its headers to its status: whose it is, until when, how it ended.

import {
  Metadata,
  type ServerUnaryCall,
  type ServerWritableStream,
  status as Status,
} from '@grpc/grpc-js'
import type { Call } from '#lib/call.ts'
import { ANONYMOUS, callerOf, type From } from '#lib/caller.ts'
import type { Clock } from '#lib/clock.ts'
import { errorEntry } from '#lib/error-codes.ts'
import { AppError, toAppError } from '#lib/errors.ts'
import type { Refusals } from '#platform/audit/refusals.ts'
import type { Decision } from '#platform/limits/decision.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { GrpcAdmission } from './admission.ts'
import type { Crowd } from './crowd.ts'
import { GRPC_STATUS } from './errors.ts'
import { traceOf } from './forwarded.ts'
import { addressOfPeer } from './peer.ts'
import { REQUEST_ID_KEY, requestIdOf } from './request-id.ts'
import type { GrpcMethod } from './service.ts'

// A timer cannot be set further ahead (2^31 ms); such a deadline means none.
const TIMER_MAX_MS = 2_147_483_647

type Surface = ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>

/** What every call of one server shares. */
export type House = {
  clock: Clock
  log: Log
  metrics: Metrics['grpc']
  admission: GrpcAdmission
  crowd: Crowd
  /** For the audit log. */
  refusals: Refusals
  /** Deadline of a call that brings none. */
  defaultTimeoutMs: number
  inFlight: Set<Exchange>
  finished: number
}

export type Exchange = {
  readonly call: Call
  readonly metadata: Metadata
  /** The way that the caller came, whoever it turns out to be. */
  readonly from: From
  /** Another instance asks on the caller's behalf, and tells them of it. */
  isForwarded: boolean
  /** What was decided about the caller's limit. */
  limit: Decision | undefined
  /** Counts the call as one of its caller's. @throws AppError `rate_limited` */
  enterCrowd(): void
  readonly abort: (reason: AppError) => void
  /** Runs when the call is to be answered before its handler has settled. */
  onAbort(tell: (reason: unknown) => void): void
  /** Counts, logs and measures how the call was answered; the first word is the last. */
  answered(outcome: { thrown?: unknown; bytesOut: number }): boolean
  /** The handler has settled: nothing of this call runs any more. */
  left(): void
}

/** Takes a call in. Its signal aborts at the deadline, and when the client gives up. */
export function enter(
  house: House,
  method: GrpcMethod,
  { surface, bytesIn }: { surface: Surface; bytesIn: number },
): Exchange {
  const { clock, log, metrics } = house
  const startedAtMs = clock.elapsedMs()
  const requestId = requestIdOf(surface.metadata)
  const controller = new AbortController()
  const deadlineAtMs = deadlineOf(surface, clock.nowMs() + house.defaultTimeoutMs)
  const { metadata } = surface
  const from: From = {
    via: 'grpc',
    address: addressOfPeer(surface.getPeer()),
    requestId,
    traceId: traceOf(metadata),
  }
  const call: Call = {
    caller: callerOf(ANONYMOUS, from),
    signal: controller.signal,
    deadlineAtMs,
  }
  let isAnswered = false
  let leaveCrowd: (() => void) | undefined

  const waitMs = Math.min(Math.max(0, deadlineAtMs - clock.nowMs()), TIMER_MAX_MS)
  const timer = setTimeout(() => exchange.abort(tooLate()), waitMs)
  surface.on('cancelled', () =>
    exchange.abort(clock.nowMs() >= deadlineAtMs ? tooLate() : clientGone()),
  )
  const headers = new Metadata()
  headers.set(REQUEST_ID_KEY, requestId)
  surface.sendMetadata(headers)

  const exchange: Exchange = {
    call,
    metadata,
    from,
    isForwarded: false,
    limit: undefined,
    enterCrowd,
    abort,
    onAbort,
    answered,
    left,
  }
  house.inFlight.add(exchange)
  metrics.inFlight.inc()
  if (waitMs === 0) abort(tooLate())
  return exchange

  function abort(reason: AppError) {
    if (!isAnswered && !controller.signal.aborted) controller.abort(reason)
  }

  function onAbort(tell: (reason: unknown) => void) {
    const { signal } = controller
    const aborted = () => tell(signal.reason)
    if (signal.aborted) aborted()
    signal.addEventListener('abort', aborted, { once: true })
  }

  function answered({ thrown, bytesOut }: { thrown?: unknown; bytesOut: number }) {
    if (isAnswered) return false
    isAnswered = true
    clearTimeout(timer)
    house.finished++
    const error = thrown === undefined ? undefined : toAppError(thrown)
    if (error && !exchange.isForwarded)
      house.refusals.note(call, error, {
        action: method.access.rule.action,
        after: { method: method.label },
      })
    const status = Status[error ? GRPC_STATUS[error.code] : Status.OK]
    const durationMs = clock.elapsedMs() - startedAtMs
    metrics.requests.inc({ method: method.label, status })
    metrics.duration.observe({ method: method.label, status }, durationMs / 1000)
    const line = {
      request_id: requestId,
      method: method.label,
      status,
      duration_ms: Math.round(durationMs * 1000) / 1000,
      caller: call.caller.kind,
      address: call.caller.address,
      bytes_in: bytesIn,
      bytes_out: bytesOut,
      ...(error && { code: error.code }),
    }
    if (!error || errorEntry(error.code).status < 500) log.info(line, 'grpc_call')
    else if (error.code === 'internal') log.error({ ...line, err: error.cause }, 'grpc_call')
    // Foreseen, and during an outage as frequent as calls: no stack each time.
    else log.warn({ ...line, cause: messageOf(error.cause) }, 'grpc_call')
    return true
  }

  function enterCrowd() {
    leaveCrowd = house.crowd.enter(call.caller)
  }

  function left() {
    leaveCrowd?.()
    if (house.inFlight.delete(exchange)) metrics.inFlight.dec()
  }
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : undefined)

const tooLate = () =>
  new AppError('deadline_exceeded', 'The deadline of the call passed before it was answered.')

const clientGone = () =>
  new AppError('client_closed_request', 'The client gave the call up before it was answered.')

function deadlineOf(surface: Surface, otherwiseMs: number): number {
  const deadline = surface.getDeadline()
  const atMs = deadline instanceof Date ? deadline.getTime() : deadline
  return Number.isFinite(atMs) ? atMs : otherwiseMs
}
