// The operations port: metrics for Prometheus and health in detail, for those who may have them; one
// word for everybody else. Never limited, and open until the very end, so that a drain can be watched.

import type { Registry } from 'prom-client'
import type { Clock } from '#lib/clock.ts'
import type { Outcome } from '#platform/health/check.ts'
import type { Health } from '#platform/health/health.ts'
import type { Log } from '#platform/observability/log.ts'
import { OPEN, SIGNED_IN } from './access.ts'
import { answerFile, answerStatus } from './answers.ts'
import { undocumented } from './docs/documented.ts'
import { type Exchange, exchangeOf } from './exchange.ts'
import { statusOf } from './health-routes.ts'
import { createOperationsAccess, type OperationsAccess } from './operations-access.ts'
import { createPipeline } from './pipeline.ts'
import { createRoutes } from './routes.ts'
import { openHttp } from './server.ts'

export type Operations = {
  host: string
  port: number
  close(): Promise<void>
}

type Needs = {
  host: string
  /** 0 picks a free one. */
  port: number
  /** Whoever shows it gets everything; without one, whoever is on this machine. */
  token: string | undefined
  health: Health
  registry: Registry
  /** Brings what is looked at only now and then up to date; called before each scrape. */
  collect(): void
  about: { version: string; commit: string }
  /** The latest end of an instance, as far as it is known. */
  lastShutdown(): unknown
  log: Log
  clock: Clock
}

const REQUEST_TIMEOUT_MS = 10_000

export function openOperations(needs: Needs): Operations {
  const { clock, log, health } = needs
  const access = createOperationsAccess(needs.token)
  const pipeline = createPipeline({
    routes: [operationRoutes(needs, access)],
    admission: {
      admit: (exchange, { rule }) => {
        if (rule !== OPEN) access.require(askedIn(exchange))
      },
    },
    log,
    clock,
    bodyMaxBytes: 0,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    isDraining: () => health.hasStarted() && health.state() !== 'ready',
  })
  const door = openHttp({
    pipeline,
    host: needs.host,
    port: needs.port,
    idleTimeoutMs: 75_000,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
  })
  return {
    host: door.host,
    port: door.port,
    // Scrapers and probes repeat, so nobody is waited for.
    close: async () => void door.force(),
  }
}

const askedIn = ({ request, call }: Exchange) => ({ request, address: call.caller.address })

const operationRoutes = (needs: Needs, access: OperationsAccess) => {
  const { health, registry, collect } = needs
  const more = async (request: Request) =>
    access.isAllowed(askedIn(exchangeOf(request))) ? await detail(needs) : undefined
  return createRoutes('operations', '')
    .get(
      '/metrics',
      async ({ request }) => {
        collect()
        const text = await registry.metrics()
        return answerFile(request, text, { type: registry.contentType, cacheControl: 'no-store' })
      },
      { detail: undocumented({ rule: SIGNED_IN, limit: 'none' }) },
    )
    .get(
      '/health',
      async ({ request }) => answerStatus(request, 200, { status: 'ok', ...(await more(request)) }),
      { detail: undocumented({ rule: OPEN, limit: 'none' }) },
    )
    .get(
      '/ready',
      async ({ request }) => {
        const status = await health.readiness()
        return answerStatus(request, statusOf(status), { status, ...(await more(request)) })
      },
      { detail: undocumented({ rule: OPEN, limit: 'none' }) },
    )
    .get(
      '/startup',
      async ({ request }) => {
        const status = health.hasStarted() ? 'started' : 'starting'
        const code = health.hasStarted() ? 200 : 503
        return answerStatus(request, code, { status, ...(await more(request)) })
      },
      { detail: undocumented({ rule: OPEN, limit: 'none' }) },
    )
}

async function detail({ health, about, lastShutdown }: Needs) {
  const outcomes = await health.outcomes()
  return {
    state: health.state(),
    uptime_s: Math.round(process.uptime() * 10) / 10,
    version: about.version,
    commit: about.commit,
    pid: process.pid,
    // What it does without for now; readiness says whether it can.
    degraded: outcomes.filter(({ status }) => status === 'failed').map(({ name }) => name),
    checks: outcomes.map(shown),
    last_shutdown: lastShutdown() ?? null,
  }
}

const shown = ({ name, status, remark, latencyMs, figures }: Outcome) => ({
  name,
  status,
  remark: remark ?? null,
  latency_ms: latencyMs,
  figures: figures ?? {},
})
