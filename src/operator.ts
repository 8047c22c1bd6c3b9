// The application without doors, for one command: what the public port would answer, asked in this
// process as the operator. Nothing listens, nothing is counted, and no run is recorded.

import type { Config } from '#config/schema.ts'
import { callerOf, OPERATOR } from '#lib/caller.ts'
import { systemClock } from '#lib/clock.ts'
import { createHealth } from '#platform/health/health.ts'
import type { Admission } from '#transport/http/admission.ts'
import { createPipeline } from '#transport/http/pipeline.ts'
import { createApp, publicRoutes } from './app.ts'
import { openData } from './data.ts'

export type Operator = {
  /** `path` begins with a slash: `/api/v1/keys`. Never rejects for what the API refuses. */
  ask(path: string, request: RequestInit): Promise<Response>
  close(): Promise<void>
}

/** @throws DatabaseFailure, StartFailure or AppError that says what to do. */
export async function openOperator(config: Config): Promise<Operator> {
  const { stores, log, metrics, life, signal, close } = await openData(config)
  try {
    const app = createApp({ config, platform: stores, log, metrics })
    if (app.remote) await life.open('tasks-service', app.remote.resource)
    const health = createHealth({
      checks: [],
      clock: systemClock,
      state: () => 'ready',
      requires: [],
    })
    const routes = publicRoutes({ routes: app.routes, health, docs: false })
    const pipeline = createPipeline({
      ...config.http,
      routes,
      admission: asOperator,
      log,
      clock: systemClock,
    })
    const ask = async (path: string, request: RequestInit) => {
      // Only they need the signing keys, and with them the servers' own ZERG_SECRET.
      if (path.startsWith('/api/v1/auth/')) await app.auth.ready(signal)
      return await pipeline.handle(new Request(`http://zerg.local${path}`, request))
    }
    return { ask, close }
  } catch (failure) {
    await close()
    throw failure
  }
}

/** Whoever may read the data itself needs no token. */
const asOperator: Admission = {
  admit: exchange => {
    exchange.call.caller = callerOf(OPERATOR, { ...exchange.from, via: 'cli', address: null })
  },
}
