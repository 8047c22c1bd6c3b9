// Opens Redis: its connections, the watch over them, the bus. Never fails because Redis is not there.

import type { Clock } from '#lib/clock.ts'
import { newId } from '#lib/id.ts'
import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import { createClient } from './client.ts'
import { diagnoseRedis } from './diagnosis.ts'
import { keepConnected } from './keep-connected.ts'
import { createKeys } from './keys.ts'
import { BEAT, createCount, LEAVE, PRESENT_MS } from './presence.ts'
import { type Redis, RedisUnavailable } from './redis.ts'
import { createRedisBus, PUBLISH } from './redis-bus.ts'
import { type Input, runScript, type Script } from './script.ts'
import { readTarget, type RedisSettings } from './target.ts'
import { createWatch } from './watch.ts'

type Needs = { settings: RedisSettings; log: Log; metrics: Metrics; clock: Clock }

// More than this at once is more than it can answer in time.
const IN_FLIGHT_MAX = 1_000
// Saying goodbye is a courtesy.
const LEAVE_MAX_MS = 300

/** Resolves once it is known whether Redis answers; from then on it is looked for by itself. */
export async function openRedis({ settings, log, metrics, clock }: Needs): Promise<Redis> {
  const target = readTarget(settings)
  const keys = createKeys(settings.prefix)
  const instance = newId()
  const count = createCount()
  let inFlight = 0
  let lastError: unknown

  const client = createClient(target, settings)
  const watch = createWatch({
    ask: beat,
    reconnect: () => connection.renew(),
    // What a connection failed with says more than that there is none.
    diagnose: error =>
      diagnoseRedis(client.status === 'ready' ? error : (lastError ?? error), target),
    log,
    metrics,
    clock,
  })
  const connection = keepConnected(client, {
    onReady: () => void watch.askNow(),
    onClosed: () => watch.suspect(new Error('The connection was closed.'), clock.elapsedMs()),
    onError: error => {
      lastError = error
    },
  })
  const bus = createRedisBus({
    instance,
    keys,
    log,
    clock,
    subscriber: createClient(target, settings),
    send: (channel, text) =>
      void ask(() => run(PUBLISH, { key: keys.instances, args: [channel, text] })).catch(() => {}),
  })

  connection.open()
  await watch.start(settings.connectTimeoutMs + settings.commandTimeoutMs)
  exposeFigures()
  return {
    keys,
    bus,
    isUp: watch.isUp,
    outages: watch.outages,
    instances: count.current,
    run: (script, input) => ask(() => run(script, input)),
    ping,
    figures: () => ({
      kind: target.kind,
      inFlight,
      outages: watch.outages(),
      instances: count.current(),
    }),
    close,
  }

  // Read when they are asked for, as those of the pool are.
  function exposeFigures(): void {
    const collect = () => {
      metrics.redis.instances.set(count.current())
      metrics.redis.inFlight.set(inFlight)
    }
    Object.assign(metrics.redis.instances, { collect })
  }

  async function beat(): Promise<void> {
    const heard = await bounded(run(BEAT, { key: keys.instances, args: [instance, PRESENT_MS] }))
    lastError = undefined
    count.hear(Number(heard), clock.elapsedMs())
  }

  function run(script: Script, input: Input): Promise<unknown> {
    return runScript(client, script, input)
  }

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    if (!watch.isUp() || client.status !== 'ready' || inFlight >= IN_FLIGHT_MAX) {
      metrics.redis.commands.inc({ outcome: 'refused' })
      throw new RedisUnavailable('Redis is not asked now.')
    }
    const askedAtMs = clock.elapsedMs()
    inFlight++
    try {
      const reply = await bounded(work())
      watch.answered()
      metrics.redis.commands.inc({ outcome: 'answered' })
      return reply
    } catch (error) {
      metrics.redis.commands.inc({ outcome: 'failed' })
      // Of a Cluster one node may be gone and the others well; the beat tells.
      if (target.kind !== 'cluster') watch.suspect(error, askedAtMs)
      throw new RedisUnavailable('Redis did not answer.', { cause: error })
    } finally {
      inFlight--
      metrics.redis.duration.observe((clock.elapsedMs() - askedAtMs) / 1_000)
    }
  }

  // A Cluster may send a question on from node to node, each time with a timeout of its own.
  async function bounded<T>(reply: Promise<T>): Promise<T> {
    if (target.kind !== 'cluster') return await reply
    const late = Promise.withResolvers<never>()
    const fail = () => late.reject(new Error('Command timed out.'))
    const timer = setTimeout(fail, settings.commandTimeoutMs * 2)
    try {
      return await Promise.race([reply, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async function ping(): Promise<void> {
    const failure = watch.failure()
    if (failure) throw failure
    try {
      await beat()
    } catch (error) {
      throw diagnoseRedis(error, target)
    }
  }

  async function close(limitMs: number): Promise<void> {
    const isThere = watch.isUp()
    watch.stop()
    bus.close()
    if (isThere) {
      const leaving = run(LEAVE, { key: keys.instances, args: [instance] }).catch(() => {})
      const late = new Promise(resolve => setTimeout(resolve, Math.min(limitMs, LEAVE_MAX_MS)))
      await Promise.race([leaving, late])
    }
    connection.close()
  }
}
