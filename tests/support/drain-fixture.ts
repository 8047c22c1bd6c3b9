// A bare server with the real lifecycle, so that the drain can be proven without the rest of Zerg.
// It is compiled, and told by the environment what to do.

import { appendFileSync } from 'node:fs'
import pino from 'pino'
import type { Door } from '#platform/lifecycle/door.ts'
import { createLifecycle } from '#platform/lifecycle/lifecycle.ts'
import { listenForSignals } from '#platform/lifecycle/signals.ts'

const read = (name: string, fallback: string) => process.env[name] ?? fallback

const log = pino({ level: read('LOG_LEVEL', 'info') })
const life = createLifecycle({
  log,
  budgetMs: Number(read('FIXTURE_BUDGET_MS', '30000')),
  drainMaxMs: Number(read('FIXTURE_DRAIN_MAX_MS', '10000')),
  terminationLog: read('ZERG_TERMINATION_LOG', '/dev/termination-log'),
})
listenForSignals(life)

let starting = true
const inFlight = new Set<AbortController>()
await life
  .start(async () => {
    await life.open('ledger', { start: () => undefined, close: () => log.info('ledger closed') })
    const slowStartMs = Number(read('FIXTURE_START_MS', '0'))
    if (slowStartMs > 0)
      await life.open('slow', {
        start: signal =>
          new Promise((resolve, reject) => {
            log.info('slow start')
            setTimeout(resolve, slowStartMs)
            signal.addEventListener('abort', () => reject(signal.reason))
          }),
      })
    const door = await life.openDoor(openHttp)
    log.info({ port: door.port }, 'listening')
  })
  .then(
    () => (starting = false),
    (error: unknown) => log.error({ err: error }, 'not started'),
  )

process.exit((await life.stopped).exit_code)

function openHttp(): Door {
  const server = Bun.serve({
    hostname: read('HOST', '127.0.0.1'),
    port: Number(read('PORT', '0')),
    idleTimeout: 75,
    fetch: handle,
  })
  let draining = false
  let finished = 0
  let closed: Promise<void> | undefined

  async function handle(request: Request) {
    const mine = new AbortController()
    inFlight.add(mine)
    try {
      const { status, body } = await respond(request, mine.signal)
      // Asked where the answer leaves: the signal may have come since the request did.
      return Response.json(body, { status, headers: draining ? { connection: 'close' } : {} })
    } finally {
      inFlight.delete(mine)
      finished += 1
    }
  }

  return {
    name: 'http',
    host: server.hostname ?? '',
    port: server.port ?? 0,
    announceDrain: () => (draining = true),
    inFlight: () => inFlight.size,
    finished: () => finished,
    stopListening: () => void (closed ??= server.stop()),
    closeIdle: () => void server.closeIdleConnections(),
    abortInFlight() {
      for (const controller of inFlight) controller.abort(new Error('shutting down'))
      return inFlight.size
    },
    closed: () => (closed ??= server.stop()),
    force() {
      const cut = inFlight.size
      void server.stop(true)
      return cut
    },
  }
}

async function respond(request: Request, signal: AbortSignal) {
  const { pathname } = new URL(request.url)
  if (pathname === '/ready') return { status: starting ? 503 : 200, body: {} }
  if (pathname === '/in-flight') return { status: 200, body: inFlight.size }
  if (pathname === '/wedge') workFor(Number.POSITIVE_INFINITY)
  if (pathname === '/busy') workFor(50)
  if (pathname === '/slow') {
    await Promise.race([Bun.sleep(60_000), aborted(signal)])
    return { status: 503, body: { code: 'shutting_down' } }
  }
  if (pathname === '/stubborn') await Bun.sleep(60_000)

  const text = request.method === 'POST' ? await request.text() : ''
  await Bun.sleep(2 + Math.random() * 10)
  if (!text) return { status: 200, body: { id: 'read', title: 'x'.repeat(100) } }
  const { title } = JSON.parse(text)
  const kept = process.env['FIXTURE_LEDGER']
  if (kept) appendFileSync(kept, `${title}\n`)
  return { status: 201, body: { id: 'made', title } }
}

// Never yields meanwhile.
function workFor(ms: number) {
  const endsAtMs = performance.now() + ms
  while (performance.now() < endsAtMs) Math.random()
}

function aborted(signal: AbortSignal) {
  return new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
}
