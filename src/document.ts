// The API's document without a server: the same routes, over a database that nobody opened.

import { systemClock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import { VERSION } from '#lib/version.ts'
import { authRoutes, openAuth } from '#features/auth/index.ts'
import { auditRoutes, openAudit } from '#features/audit/index.ts'
import { keyRoutes, openKeys, tokenRoutes } from '#features/keys/index.ts'
import { openProjects, projectRoutes } from '#features/projects/index.ts'
import { openProjectTasks, openTasks, taskRoutes, taskRpc } from '#features/tasks/index.ts'
import { openUsers, userRoutes } from '#features/users/index.ts'
import { createHealth } from '#platform/health/health.ts'
import { createOnce } from '#platform/idempotency/once.ts'
import { createLog } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import type { Database } from '#platform/postgres/database.ts'
import { createLocalBus } from '#platform/redis/bus.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import { makeDocument, type OpenApiDocument } from '#transport/http/docs/document.ts'
import { publicRoutes } from './app.ts'

/** What `/openapi.json` serves; `zerg openapi` prints it, `docs/openapi.json` keeps it. */
export const apiDocument = (): OpenApiDocument =>
  makeDocument(documentedRoutes(), { version: VERSION })

/** Everything that the public port serves, to be read and not to be called. */
export function documentedRoutes() {
  const database = unopened
  const once = createOnce({ database })
  const tasks = openTasks({ database, once })
  const projects = openProjects({ database, tasks: openProjectTasks(), once })
  const health = createHealth({
    checks: [],
    clock: systemClock,
    state: () => 'starting',
    requires: [],
  })
  const { log } = createLog({ level: 'silent', format: 'json' })
  const auth = openAuth({
    database,
    bus: createLocalBus({ log }),
    secrets: createSecrets({ secret: '' }),
    refusals: { note: () => undefined },
    log,
    metrics: createMetrics(),
    settings: NO_SESSIONS,
    provider: undefined,
    scopesOfKey: async () => undefined,
  })
  const users = openUsers({ database, access: auth.access, once, isRegistrationOpen: false })
  const { revocations } = auth
  const mint = async () => ''
  const { keys, tokens } = openKeys({ database, revocations, overlapMaxMs: 0, log, mint })
  const routes = [
    authRoutes({ auth }),
    userRoutes({ users }),
    taskRoutes({ tasks, projects }),
    projectRoutes({ projects }),
    keyRoutes({ keys }),
    auditRoutes({ audit: openAudit({ database }) }),
    tokenRoutes({ tokens }),
  ]
  return publicRoutes({ routes, health, docs: true })
}

/** Every service of the gRPC port, to be read and not to be called. */
export function documentedServices() {
  const database = unopened
  return taskRpc({ tasks: openTasks({ database, once: createOnce({ database }) }) })
}

const refuse = () => Promise.reject(new AppError('database_unavailable', 'No database is open.'))

const NO_SESSIONS = {
  issuer: '',
  audience: '',
  signingKey: undefined,
  accessTtlMs: 0,
  sessionIdleMs: 0,
  sessionMaxMs: 0,
  sessionsMax: 0,
}

const unopened: Database = {
  kind: 'postgres',
  on: () => ({ run: refuse }),
  transaction: refuse,
  ping: refuse,
  figures: () => ({ max: 0, inUse: 0, idle: 0, waiting: 0, timeoutsTotal: 0 }),
  close: async () => ({ cut: 0 }),
}
