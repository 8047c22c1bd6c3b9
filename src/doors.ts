// How the world reaches us. Doors open last and are drained first.

import type { Config } from '#config/schema.ts'
import { systemClock } from '#lib/clock.ts'
import { StartFailure } from '#lib/start-failure.ts'
import type { Health } from '#platform/health/health.ts'
import type { Door } from '#platform/lifecycle/door.ts'
import type { Lifecycle } from '#platform/lifecycle/lifecycle.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import { ownerOfPort } from '#platform/sockets/port-owner.ts'
import { openGrpc } from '#transport/grpc/server.ts'
import { createClientAddress, createIsTrusted } from '#transport/http/client-address.ts'
import { createCors } from '#transport/http/cors.ts'
import { createPipeline } from '#transport/http/pipeline.ts'
import { createCameByTls } from '#transport/http/scheme.ts'
import { openHttp } from '#transport/http/server.ts'
import { type App, publicRoutes } from './app.ts'

type Given = {
  app: App
  config: Config
  health: Health
  life: Lifecycle
  log: Log
  metrics: Metrics
}

export type Doors = { http: Door | undefined; grpc: Door | undefined }

/** Opens what the roles ask for. @throws StartFailure where a port cannot be had. */
export async function openDoors({
  app,
  config,
  health,
  life,
  log,
  metrics,
}: Given): Promise<Doors> {
  const { roles } = config
  const { host } = config.http
  const shared = { host, log, metrics, clock: systemClock }
  const http = roles.includes('api') ? await life.openDoor(openApi) : undefined
  const grpc = roles.includes('tasks') ? await life.openDoor(openTasks) : undefined
  return { http, grpc }

  function openApi() {
    const routes = publicRoutes({ routes: app.routes, health, docs: config.http.docs })
    const { admission, refusals } = app
    const { trustedProxies } = config.http
    const pipeline = createPipeline({
      ...shared,
      ...config.http,
      routes,
      admission,
      refusals,
      bounds: config.http,
      clientAddress: createClientAddress({ trustedProxies, log }),
      // Without a proxy nothing is looked at: TLS does not end at us.
      cameByTls:
        trustedProxies.length > 0 ? createCameByTls(createIsTrusted(trustedProxies)) : undefined,
      cors: createCors(config.cors),
    })
    return onPort({ setting: 'PORT', host, port: config.http.port }, () =>
      openHttp({ ...config.http, pipeline }),
    )
  }

  function openTasks() {
    return onPort({ setting: 'ZERG_GRPC_PORT', host, port: config.grpc.port }, () =>
      openGrpc({
        ...shared,
        ...config.grpc,
        defaultTimeoutMs: config.http.requestTimeoutMs,
        services: app.services,
        admission: app.grpcAdmission,
        refusals: app.refusals,
      }),
    )
  }
}

type Place = { setting: string; host: string; port: number }

/** Opens a port, and says in words why it cannot be had. */
export async function onPort<T>(place: Place, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (cause) {
    if (cause instanceof StartFailure) throw cause
    throw portFailure(place, cause)
  }
}

function portFailure({ setting, host, port }: Place, cause: unknown): StartFailure {
  const text = String(cause)
  const failure = (what: string, fix: string) => new StartFailure(what, { fix, cause })
  if (text.includes('EACCES') || text.includes('permission'))
    return failure(
      `Port ${port} on ${host} may not be opened by this user (${setting}).`,
      `Ports below 1024 need rights; set ${setting} to a higher one.`,
    )
  if (text.includes('EADDRNOTAVAIL') || text.includes('ENOTFOUND'))
    return failure(
      `${host} is no address of this machine (HOST).`,
      'Set HOST to 127.0.0.1 for this machine alone, or to 0.0.0.0 for every network.',
    )
  const owner = ownerOfPort(port)
  const by = owner ? `by process ${owner.pid} (${owner.command})` : 'by another process'
  return failure(
    `Port ${port} on ${host} is taken ${by} (${setting}).`,
    `Stop that process, or set ${setting} to another port; 0 picks a free one.`,
  )
}
