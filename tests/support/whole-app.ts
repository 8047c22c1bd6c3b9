// The whole application without doors, on a database of a test's own: every route and every method,
// as a server would answer them. Only tokens of users are a test's (identities.ts).

import { NO_LIMITS } from '#platform/limits/limits.ts'
import { loadConfig } from '#config/load.ts'
import type { Authenticate } from '#lib/caller.ts'
import { systemClock } from '#lib/clock.ts'
import { createHealth } from '#platform/health/health.ts'
import { openStores } from '#platform/index.ts'
import { createResources } from '#platform/lifecycle/resources.ts'
import { createTimeline } from '#platform/lifecycle/timeline.ts'
import { createLog } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { createAdmission } from '#transport/http/admission.ts'
import { createApp, publicRoutes } from '../../src/app.ts'
import { httpOver } from './http.ts'
import { authenticateTest } from './identities.ts'
import { createDatabase } from './postgres.ts'

export type WholeApp = Awaited<ReturnType<typeof openWholeApp>>

export async function openWholeApp() {
  const made = await createDatabase({ version: '18' })
  const { config } = loadConfig({ environment: { DATABASE_URL: made.url, ZERG_SECRET: SECRET } })
  const { log } = createLog({ level: 'silent', format: 'json' })
  const metrics = createMetrics()
  const resources = createResources(log)
  const signal = AbortSignal.timeout(60_000)
  const life = {
    open: <T>(name: string, resource: Parameters<typeof resources.open<T>>[1]) =>
      resources.open(name, resource, signal),
  }
  const stores = await openStores({ config, log, metrics, life })
  const app = createApp({ config, platform: stores, log, metrics })
  await life.open('auth', app.auth.resource)
  await life.open('keys', app.keys.resource)
  const health = createHealth({
    checks: [],
    clock: systemClock,
    state: () => 'ready',
    requires: [],
  })
  const routes = publicRoutes({ routes: app.routes, health, docs: true })

  // Keys are looked up as they always are; there is nobody who is let in without a token.
  const authenticate: Authenticate = (token, from) =>
    token.startsWith('zerg_') ? app.keys.authenticate(token, from) : authenticateTest(token, from)
  const admission = createAdmission({ authenticate, limits: NO_LIMITS })

  return {
    database: stores.database,
    routes,
    services: app.services,
    authenticate,
    http: httpOver(routes, { admission }),
    async close() {
      await resources.closeAll(createTimeline(systemClock, { budgetMs: 5_000, drainMaxMs: 0 }), [])
      await made.drop()
    },
  }
}

const SECRET = 'of the tests of the whole application, and of no other'
