// grpc.health.v1: whether calls may be sent here. It has no deadline, no metrics and no log line of
// its own, because probes ask it all the time, and tells whoever asks. Who shows a token all the same
// learns whether it is good: so does an instance find out before its first call.

import {
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  status as Status,
} from '@grpc/grpc-js'
import type { GrpcAdmission } from './admission.ts'
import { toStatus } from './errors.ts'
import { addressOfPeer } from './peer.ts'
import {
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus as ServingStatus,
  type HealthCheckResponse,
  HealthService,
  type HealthServer,
} from './proto/grpc/health/v1/health.gen.ts'

type Asked = ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>
type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>

export type Health = ReturnType<typeof serveHealth>

// Enough for the probes of a large fleet; each holds a stream open.
const WATCHERS_MAX = 1_000
const IDENTIFY_MAX_MS = 2_000

type Given = { names: readonly string[]; admission: Pick<GrpcAdmission, 'identify'> }

/** Serves health for these names and for the empty one, which means the whole server. */
export function serveHealth(server: Server, { names, admission }: Given) {
  const known = new Set(['', ...names])
  const watchers = new Set<Watcher>()
  let isServing = true

  const implementation: HealthServer = {
    check: (asked, send) => {
      if (asked.metadata.get('authorization').length === 0) return answer(asked, send)
      void requireKnown(asked).then(
        () => answer(asked, send),
        error => send(toStatus(error)),
      )
    },
    watch: watcher => {
      if (watchers.size >= WATCHERS_MAX) return void watcher.emit('error', tooManyWatch)
      watchers.add(watcher)
      // The protocol keeps the stream open for unknown names too: they might be served later.
      watcher.write({ status: statusOf(watcher.request.service) })
      watcher.on('cancelled', () => watchers.delete(watcher))
    },
  }
  server.addService(HealthService, implementation)

  return { announceDrain, end }

  function answer({ request: { service } }: Asked, send: sendUnaryData<HealthCheckResponse>) {
    if (known.has(service)) return send(null, { status: statusOf(service) })
    send({ code: Status.NOT_FOUND, details: 'No such service is served here.' })
  }

  async function requireKnown(asked: Asked) {
    await admission.identify({
      metadata: asked.metadata,
      address: addressOfPeer(asked.getPeer()),
      limit: 'read',
      signal: AbortSignal.timeout(IDENTIFY_MAX_MS),
    })
  }

  function statusOf(service: string) {
    if (!known.has(service)) return ServingStatus.SERVICE_UNKNOWN
    return isServing ? ServingStatus.SERVING : ServingStatus.NOT_SERVING
  }

  function announceDrain() {
    if (!isServing) return
    isServing = false
    for (const watcher of watchers) watcher.write({ status: statusOf(watcher.request.service) })
  }

  /** Hangs up on those who watch, since an open stream would keep the server from closing. */
  function end() {
    for (const watcher of watchers) watcher.end()
    watchers.clear()
  }
}

const tooManyWatch = {
  code: Status.RESOURCE_EXHAUSTED,
  details: 'Too many watch already; ask by Check.',
}
