// grpc.health.v1: whether calls may be sent here. It has no deadline, no metrics and no log line of
// its own, because probes ask it all the time.

import { type Server, type ServerWritableStream, status as Status } from '@grpc/grpc-js'
import {
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus as ServingStatus,
  type HealthCheckResponse,
  HealthService,
  type HealthServer,
} from './proto/grpc/health/v1/health.gen.ts'

type Watcher = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>

export type Health = ReturnType<typeof serveHealth>

/** Serves health for these names and for the empty one, which means the whole server. */
export function serveHealth(server: Server, names: readonly string[]) {
  const known = new Set(['', ...names])
  const watchers = new Set<Watcher>()
  let isServing = true

  const implementation: HealthServer = {
    check: ({ request: { service } }, send) => {
      if (known.has(service)) return send(null, { status: statusOf(service) })
      send({ code: Status.NOT_FOUND, details: 'No such service is served here.' })
    },
    watch: watcher => {
      watchers.add(watcher)
      // The protocol keeps the stream open for unknown names too: they might be served later.
      watcher.write({ status: statusOf(watcher.request.service) })
      watcher.on('cancelled', () => watchers.delete(watcher))
    },
  }
  server.addService(HealthService, implementation)

  return { announceDrain, end }

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
