// The gRPC server, as a door: it opens on a port and closes without losing a call.

import { logVerbosity, Server, setLogVerbosity } from '@grpc/grpc-js'
import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import type { Door } from '#platform/lifecycle/door.ts'
import type { Refusals } from '#platform/audit/refusals.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { GrpcAdmission } from './admission.ts'
import { asBytes, serverStream, unary } from './answer.ts'
import { createCrowd, type CrowdBounds } from './crowd.ts'
import type { House } from './exchange.ts'
import { serveHealth } from './health.ts'
import { serveReflection } from './reflection.ts'
import type { GrpcService } from './service.ts'
import { serverCredentials, type ServerTls } from './tls.ts'

const KEEPALIVE_EVERY_MS = 30_000
const KEEPALIVE_TIMEOUT_MS = 10_000

type Binding = ServerTls & {
  host: string
  /** 0 picks a free one. */
  port: number
}

export type GrpcOptions = Binding &
  CrowdBounds & {
    /** Largest message accepted; what is sent is bounded by the pages of lists. */
    messageMaxBytes: number
    /** Deadline of a call that brings none. */
    defaultTimeoutMs: number
    reflection: boolean
    services: readonly GrpcService[]
    admission: GrpcAdmission
    refusals: Refusals
    clock: Clock
    log: Log
    metrics: Metrics
  }

/** Binds the port and serves. @throws Error when the port cannot be bound, StartFailure for its TLS. */
export async function openGrpc(options: GrpcOptions): Promise<Door> {
  const { host, services, admission, refusals, clock, log, metrics, defaultTimeoutMs } = options
  // It would write to stderr what is told as an error anyway.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server({
    'grpc.max_receive_message_length': options.messageMaxBytes,
    // A client that vanished without a word is found out.
    'grpc.keepalive_time_ms': KEEPALIVE_EVERY_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  })
  const house: House = {
    clock,
    log,
    metrics: metrics.grpc,
    admission,
    crowd: createCrowd(options),
    refusals,
    defaultTimeoutMs,
    inFlight: new Set(),
    finished: 0,
  }
  for (const { methods } of services) for (const method of methods) register(method)
  const names = services.map(({ name }) => name)
  const health = serveHealth(server, { names, admission })
  const reflection = options.reflection
    ? serveReflection(server, { names: [...names, 'grpc.health.v1.Health'], admission })
    : undefined
  const port = await bind(server, options)
  const { promise: closed, resolve: nowClosed } = Promise.withResolvers<void>()
  let isListening = true

  return {
    name: 'grpc',
    host,
    port,
    announceDrain: health.announceDrain,
    inFlight: () => house.inFlight.size,
    finished: () => house.finished,
    stopListening,
    // Each connection closes by itself once it was told to go away and its last call has ended.
    closeIdle: () => undefined,
    abortInFlight,
    closed: () => closed,
    force,
  }

  function register(method: GrpcService['methods'][number]) {
    if (method.responseStream)
      server.register(method.path, serverStream(house, method), asBytes, asBytes, 'serverStream')
    else server.register(method.path, unary(house, method), asBytes, asBytes, 'unary')
  }

  // Every connection gets a GOAWAY: calls inside finish, and a client knows of any that it sends
  // too late that nobody has begun it.
  function stopListening() {
    if (!isListening) return
    isListening = false
    health.announceDrain()
    health.end()
    reflection?.end()
    server.tryShutdown(() => nowClosed())
  }

  function abortInFlight() {
    const reason = new AppError('shutting_down', 'The instance shut down before the call ended.')
    const aborted = house.inFlight.size
    for (const exchange of house.inFlight) exchange.abort(reason)
    return aborted
  }

  function force() {
    isListening = false
    const cut = house.inFlight.size
    server.forceShutdown()
    nowClosed()
    return cut
  }
}

const bind = (server: Server, { host, port, ...tls }: Binding) =>
  new Promise<number>((resolve, reject) => {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`
    server.bindAsync(address, serverCredentials(tls), (error, bound) => {
      if (error) reject(error)
      else resolve(bound)
    })
  })
