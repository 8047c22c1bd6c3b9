// One attempt at one call, and what its failure tells: above all, whether the call may have run.

import {
  type Client,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status as Status,
} from '@grpc/grpc-js'
import type { AppError } from '#lib/errors.ts'
import { fromStatus } from '../errors.ts'
import { REPLAYED_KEY } from '../idempotency-key.ts'

export type Method<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  'path' | 'requestSerialize' | 'responseDeserialize'
>

export type Failure = {
  error: ServiceError
  kind:
    | 'answered' // The service itself has thrown this; `answer` is its error.
    | 'unprocessed' // No instance has begun the call.
    | 'unsure' // The connection was lost on the way: it may have run, or not.
    | 'late' // The deadline passed.
    | 'unforeseen'
  answer?: AppError
}

export type Outcome<Response> =
  | { response: Response; failure?: undefined }
  | { response?: undefined; failure: Failure }

type Given<Request> = {
  request: Request
  metadata: Metadata
  deadlineAtMs: number
  /** Cancels the attempt, here and in the service. */
  signal: AbortSignal
  /** Told when the answer is one that was given before. */
  onReplayed?: () => void
}

/** Never rejects. */
export function attempt<Request, Response>(
  client: Client,
  method: Method<Request, Response>,
  { request, metadata, deadlineAtMs, signal, onReplayed }: Given<Request>,
): Promise<Outcome<Response>> {
  return new Promise(resolve => {
    const { path, requestSerialize, responseDeserialize } = method
    const cancel = () => call.cancel()
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      { deadline: deadlineAtMs },
      (error, response) => {
        signal.removeEventListener('abort', cancel)
        if (error) resolve({ failure: failureOf(error, deadlineAtMs) })
        else if (response === undefined)
          resolve({ failure: failureOf(withoutAnswer(), deadlineAtMs) })
        else resolve({ response })
      },
    )
    // Comes right after the answer, before anybody can have seen it.
    call.on('status', ({ metadata: trailers }) => {
      if (trailers.get(REPLAYED_KEY)[0] === 'true') onReplayed?.()
    })
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
  })
}

// grpc-js does not say in any other way that a call has not begun; a test holds it to these words.
const NOT_BEGUN =
  /^(?:Stream refused by server|(?:round_robin: )?No connection established|Name resolution failed|Failed to start HTTP\/2 stream|Channel closed before call started)/

// Either side may be the first to notice that the time is over.
const DEADLINE_MARGIN_MS = 20

function failureOf(error: ServiceError, deadlineAtMs: number): Failure {
  const answer = fromStatus(error)
  // An instance that ended a call because it had to stop says nothing about what it had done.
  if (answer?.code === 'shutting_down') return { error, kind: 'unsure' }
  const isOver = Date.now() >= deadlineAtMs - DEADLINE_MARGIN_MS
  if (answer?.code === 'deadline_exceeded' && isOver) return { error, kind: 'late' }
  if (answer) return { error, kind: 'answered', answer }
  if (error.code === Status.DEADLINE_EXCEEDED) return { error, kind: 'late' }
  if (error.code === Status.UNAVAILABLE)
    return { error, kind: NOT_BEGUN.test(error.details) ? 'unprocessed' : 'unsure' }
  // How a connection that was cut shows, depending on what was read of it.
  if (error.code === Status.CANCELLED || /RST_STREAM|ECONNRESET|EPIPE/.test(error.details))
    return { error, kind: 'unsure' }
  return { error, kind: 'unforeseen' }
}

const withoutAnswer = (): ServiceError =>
  Object.assign(new Error('The service sent no message.'), {
    code: Status.INTERNAL,
    details: 'The service sent no message.',
    metadata: new Metadata(),
  })
