// Zerg put together from source: whole, or without a part whose cost is to be told. Takes what and the
// user who asks from the command line, the settings from the environment; prints where it listens and
// an access token of that user. Run by compositions.ts.

import type { Identity } from '#lib/caller.ts'
import type { Admission } from '#transport/http/admission.ts'
import { leaveOutProtection } from './left-out.ts'

export type Composition = 'whole' | 'unprotected'

const [what, userId] = process.argv.slice(2) as [Composition, string]
if (what === 'unprotected') leaveOutProtection()

const { loadConfig } = await import('#config/load.ts')
const { callerOf } = await import('#lib/caller.ts')
const { systemClock } = await import('#lib/clock.ts')
const { createHealth } = await import('#platform/health/health.ts')
const { openPlatform } = await import('#platform/index.ts')
const { createLifecycle } = await import('#platform/lifecycle/lifecycle.ts')
const { createLog } = await import('#platform/observability/log.ts')
const { createMetrics } = await import('#platform/observability/metrics.ts')
const { createPipeline } = await import('#transport/http/pipeline.ts')
const { openHttp } = await import('#transport/http/server.ts')
const { createApp, publicRoutes } = await import('../../src/app.ts')
const { openDoors } = await import('../../src/doors.ts')

const { config } = loadConfig()
const { log } = createLog({ level: 'info', format: 'json', destination: toNowhere() })
const metrics = createMetrics()
const life = createLifecycle({ log, ...config.lifecycle })
const clock = systemClock

await life.start(async () => {
  const platform = await openPlatform({ config, log, metrics, life, version: 'composed' })
  const app = createApp({ config, platform, log, metrics })
  await life.open('auth', app.auth.resource)
  await life.open('keys', app.keys.resource)
  const health = createHealth({ checks: [], clock, state: life.state, requires: [] })
  const given = { app, config, health, life, log, metrics }
  const port = what === 'unprotected' ? openUnprotected(given) : (await openDoors(given)).http?.port
  const token = await app.auth.mint({
    userId,
    sessionId: null,
    roles: ['user'],
    ttlMs: config.auth.accessTtlMs,
  })
  process.stdout.write(`${JSON.stringify({ port, token })}\n`)
})

// The same routes and services; nobody is asked who they are, nothing is counted or bounded.
function openUnprotected({ app, health }: Pick<Parameters<typeof openDoors>[0], 'app' | 'health'>) {
  const identity: Identity = {
    kind: 'user',
    id: userId,
    userId,
    roles: ['user'],
    scopes: 'all',
    sessionId: null,
  }
  const admission: Admission = {
    admit({ call, from }) {
      call.caller = callerOf(identity, from)
    },
  }
  const { bodyMaxBytes, requestTimeoutMs } = config.http
  const routes = publicRoutes({ routes: app.routes, health, docs: config.http.docs })
  const bare = { routes, admission, log, metrics, clock, bodyMaxBytes, requestTimeoutMs }
  return openHttp({ ...config.http, pipeline: createPipeline(bare) }).port
}

// Away from standard output, which says where it listens.
function toNowhere() {
  const writer = Bun.file('/dev/null').writer({ highWaterMark: 65_536 })
  return { write: (line: string) => void writer.write(line) }
}
