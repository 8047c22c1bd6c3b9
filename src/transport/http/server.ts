// The public port: Bun's server around the pipeline, as a door that a shutdown can close.

import type { Door } from '#platform/lifecycle/door.ts'
import type { Pipeline } from './pipeline.ts'
import { FOR_EVERY } from './security-headers.ts'

type HttpOptions = {
  pipeline: Pipeline
  host: string
  /** 0 picks a free one. */
  port: number
  idleTimeoutMs: number
  requestTimeoutMs: number
}

/** @throws Error with `code` EADDRINUSE, EACCES or EADDRNOTAVAIL where the port cannot be had. */
export function openHttp({ pipeline, host, port, ...limits }: HttpOptions): Door {
  const idleTimeoutS = Math.min(255, Math.ceil(limits.idleTimeoutMs / 1_000))
  // Bun counts a handler that has sent nothing yet as idle, so a deadline beyond that needs a word.
  const outlastsIdle = limits.requestTimeoutMs + 2_000 > idleTimeoutS * 1_000
  const server = Bun.serve({
    hostname: host,
    port,
    idleTimeout: idleTimeoutS,
    // Two processes on a port would share its traffic without a word.
    reusePort: false,
    // Bun answers without our body and request id; `readJson` refuses earlier and says why.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    development: false,
    fetch(request) {
      return outlastsIdle ? handleWithoutIdling(request) : pipeline.handle(request, addressOf)
    },
    // The pipeline answers whatever fails; should it fail itself, Bun's own page must not show.
    error(defect) {
      pipeline.reportDefect(defect)
      return new Response(LAST_RESORT, LAST_RESORT_HEAD)
    },
  })
  // Given back with the answer: a body that was announced, not wanted and never sent would otherwise
  // hold its connection for ever.
  async function handleWithoutIdling(request: Request): Promise<Response> {
    server.timeout(request, 0)
    const answer = await pipeline.handle(request, addressOf)
    server.timeout(request, idleTimeoutS)
    return answer
  }
  const addressOf = (request: Request): string | null => server.requestIP(request)?.address ?? null
  let closed: Promise<void> | undefined
  const stop = () => (closed ??= server.stop())
  const inFlight = () => Math.max(server.pendingRequests, pipeline.inFlight())

  return {
    name: 'http',
    host,
    port: server.port ?? port,
    announceDrain: pipeline.announceDrain,
    inFlight,
    finished: pipeline.finished,
    stopListening: () => void stop(),
    closeIdle: () => void server.closeIdleConnections(),
    abortInFlight: pipeline.abortInFlight,
    closed: stop,
    force() {
      const cut = inFlight()
      void server.stop(true)
      return cut
    },
  }
}

const LAST_RESORT = JSON.stringify({
  type: '/errors/internal',
  title: 'Something went wrong on our side',
  status: 500,
  code: 'internal',
})
const LAST_RESORT_HEAD = {
  status: 500,
  headers: { ...FOR_EVERY, 'content-type': 'application/problem+json', connection: 'close' },
}
