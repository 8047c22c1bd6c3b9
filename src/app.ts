// Features and the ways to them, wired; no sockets.

import type { AnyElysia } from 'elysia'
import type { Config } from '#config/schema.ts'
import type { Authenticate } from '#lib/caller.ts'
import { systemClock } from '#lib/clock.ts'
import { claimsToken } from '#lib/secret-token.ts'
import { authRoutes, openAuth } from '#features/auth/index.ts'
import { auditRoutes, openAudit } from '#features/audit/index.ts'
import { keyRoutes, openKeys, tokenRoutes } from '#features/keys/index.ts'
import { openProjects, projectRoutes } from '#features/projects/index.ts'
import {
  connectTasks,
  openProjectTasks,
  openTasks,
  taskRoutes,
  taskRpc,
} from '#features/tasks/index.ts'
import { openUsers, userRoutes } from '#features/users/index.ts'
import { createOperatorAccess } from '#platform/embedded/operator.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import { type Limits, NO_LIMITS } from '#platform/limits/limits.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { Health } from '#platform/health/health.ts'
import type { Stores } from '#platform/index.ts'
import { createGrpcAdmission } from '#transport/grpc/admission.ts'
import { createInternalTokens } from '#transport/grpc/internal-token.ts'
import { createAdmission } from '#transport/http/admission.ts'
import { makeDocument } from '#transport/http/docs/document.ts'
import { errorRoutes } from '#transport/http/docs/error-routes.ts'
import { docsRoutes } from '#transport/http/docs/routes.ts'
import { healthRoutes } from '#transport/http/health-routes.ts'
import { VERSION } from '#lib/version.ts'

export type App = ReturnType<typeof createApp>

type Given = {
  config: Config
  /** Without limits for the command line, which comes through no door. */
  platform: Stores & { limits?: Limits }
  log: Log
  metrics: Metrics
}

export function createApp({
  config,
  platform: { database, embedded, secrets, refusals, bus, limits = NO_LIMITS },
  log,
  metrics,
}: Given) {
  const clock = systemClock
  const internal = createInternalTokens({ secrets, clock })
  const remote =
    config.tasksService.addresses.length > 0
      ? connectTasks({ ...config.tasksService, credentials: internal.sign, log, metrics, clock })
      : undefined
  const once = createOnce({ database })
  const local = openTasks({ database, once })
  const tasks = remote?.tasks ?? local
  const projects = openProjects({ database, tasks: openProjectTasks(), once })
  const auth = openAuth({
    database,
    bus,
    secrets,
    refusals,
    log,
    metrics,
    settings: config.auth,
    provider: providerOf(config),
    // Keys are opened after it, and asked long after both.
    scopesOfKey: (of, signal) => keys.scopesOf(of, signal),
  })
  const isRegistrationOpen = config.auth.registration
  const users = openUsers({ database, access: auth.access, once, isRegistrationOpen })
  const { overlapMaxMs } = config.keys
  const keys = openKeys({
    database,
    revocations: auth.revocations,
    overlapMaxMs,
    log,
    mint: token => auth.mint({ ...token, sessionId: null }),
  })
  const { host } = config.http
  const operator = createOperatorAccess({ dataDir: embedded?.dataDir ?? null, host })

  return {
    routes: [
      authRoutes({ auth }),
      userRoutes({ users }),
      taskRoutes({ tasks, projects }),
      projectRoutes({ projects }),
      keyRoutes({ keys: keys.keys }),
      auditRoutes({ audit: openAudit({ database }) }),
      tokenRoutes({ tokens: keys.tokens }),
    ],
    services: taskRpc({ tasks: local }),
    remote,
    auth,
    users,
    keys,
    operator,
    refusals,
    admission: createAdmission({ authenticate, limits }),
    grpcAdmission: createGrpcAdmission({ authenticate, internal, limits }),
  }

  // A token says by its beginning who knows whether it is good.
  function authenticate(...[token, from]: Parameters<Authenticate>) {
    if (claimsToken(token, 'key')) return keys.authenticate(token, from)
    if (claimsToken(token, 'op')) return operator.authenticate(token, from)
    return auth.authenticate(token, from)
  }
}

// The rules of the settings see to it that all three are there or none.
function providerOf({ oidc: { issuer, audience, jwksUrl, ...more } }: Config) {
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) return undefined
  return { issuer, audience, jwksUrl, ...more }
}

/** Everything that the public port serves, for its pipeline and for the API document. */
export function publicRoutes({ routes, health, docs }: Served): readonly AnyElysia[] {
  const served: AnyElysia[] = [...routes, healthRoutes({ health }), errorRoutes()]
  if (docs) served.push(docsRoutes({ document: () => makeDocument(served, { version: VERSION }) }))
  return served
}

type Served = { routes: App['routes']; health: Health; docs: boolean }
