// Answers one call: lets it in, decodes its message, asks the handler, and sends what comes of it.

import { once } from 'node:events'
import type {
  handleUnaryCall,
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  StatusObject,
} from '@grpc/grpc-js'
import { AppError } from '#lib/errors.ts'
import { enter, type Exchange, type House } from './exchange.ts'
import type { GrpcMethod } from './service.ts'
import { statusOf, trailersOf } from './trailers.ts'

/** Messages cross grpc-js as bytes, so that one that cannot be read gets an answer of ours. */
export const asBytes = (bytes: Buffer): Buffer => bytes

export const unary =
  (house: House, method: GrpcMethod): handleUnaryCall<Buffer, Buffer> =>
  (surface: ServerUnaryCall<Buffer, Buffer>, send: sendUnaryData<Buffer>) => {
    const exchange = enter(house, method, { surface, bytesIn: surface.request.length })
    const refuse = (thrown: unknown) => {
      if (exchange.answered({ thrown, bytesOut: 0 })) send(statusOf(exchange, thrown))
    }
    const answer = async () => {
      const admitted = letIn(house, method, exchange)
      if (admitted) await admitted
      const message = await method.handle(exchange.call, decode(method, surface.request))
      const bytes = method.responseSerialize(message)
      if (exchange.answered({ bytesOut: bytes.length })) send(null, bytes, trailersOf(exchange))
    }
    void settle(exchange, answer, refuse)
  }

export const serverStream =
  (house: House, method: GrpcMethod) => (surface: ServerWritableStream<Buffer, Buffer>) => {
    const exchange = enter(house, method, { surface, bytesIn: surface.request.length })
    let bytesOut = 0
    const refuse = (thrown: unknown) => {
      if (exchange.answered({ thrown, bytesOut })) endWith(surface, statusOf(exchange, thrown))
    }
    const answer = async () => {
      const admitted = letIn(house, method, exchange)
      if (admitted) await admitted
      const messages = method.handle(exchange.call, decode(method, surface.request))
      if (!(Symbol.asyncIterator in messages)) throw new Error(`${method.label} does not stream.`)
      const { signal } = exchange.call
      for await (const message of messages) {
        if (signal.aborted) return
        const bytes = method.responseSerialize(message)
        bytesOut += bytes.length
        // The next page is read only when the client has taken enough of this one.
        if (!surface.write(bytes)) await drained(surface, signal)
      }
      if (exchange.answered({ bytesOut })) surface.end(trailersOf(exchange))
    }
    void settle(exchange, answer, refuse)
  }

function letIn({ crowd, admission, inFlight }: House, { access }: GrpcMethod, exchange: Exchange) {
  crowd.requireRoom(inFlight.size)
  return admission.admit(exchange, access)
}

// The client gets its answer when the call aborts, whether the handler heeds its signal or not.
async function settle(
  exchange: Exchange,
  answer: () => Promise<void>,
  refuse: (thrown: unknown) => void,
) {
  exchange.onAbort(refuse)
  try {
    if (!exchange.call.signal.aborted) await answer()
  } catch (thrown) {
    refuse(thrown)
  } finally {
    exchange.left()
  }
}

function decode(method: GrpcMethod, bytes: Buffer): object {
  try {
    return method.requestDeserialize(bytes)
  } catch (cause) {
    const name = `the request of ${method.label}`
    throw new AppError('validation_failed', `The bytes are not ${name}.`, { cause })
  }
}

// grpc-js ends a stream with the status that is emitted as its error.
const endWith = (surface: ServerWritableStream<Buffer, Buffer>, status: StatusObject) =>
  surface.emit('error', Object.assign(new Error(status.details), status))

// Also over when the call aborts, which the caller looks for, or when the connection breaks.
const drained = (surface: ServerWritableStream<Buffer, Buffer>, signal: AbortSignal) =>
  once(surface, 'drain', { signal }).then(
    () => undefined,
    () => undefined,
  )
