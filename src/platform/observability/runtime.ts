// The process itself, as metrics. Looked at when somebody scrapes; only the event loop is watched all along.

import type { Clock } from '#lib/clock.ts'
import type { State } from '../lifecycle/lifecycle.ts'
import { memoryLimitBytes } from './memory-limit.ts'
import type { Metrics } from './metrics.ts'

// Every member of State; a new one does not compile until it is here.
const STATES = Object.keys({
  starting: true,
  ready: true,
  draining: true,
  closing: true,
  stopped: true,
} satisfies Record<State, true>)

/** Often enough to see a pause of a few tens of milliseconds, and no load at rest. */
const TICK_MS = 50

type Needs = {
  metrics: Metrics
  clock: Clock
  about: { version: string; commit: string }
  state(): State
}

export type Runtime = {
  /** Brings the metrics up to date; to be called before each scrape. */
  collect(): void
  close(): void
}

export function watchRuntime({ metrics: { runtime }, clock, about, state }: Needs): Runtime {
  const loop = watchLoop(clock)
  let cpuSeconds = 0
  runtime.buildInfo.set({ ...about, bun: Bun.version }, 1)
  runtime.startTime.set(clock.nowMs() / 1_000 - process.uptime())

  return {
    collect() {
      runtime.loopLag.set(loop.takeWorstMs() / 1_000)
      runtime.residentMemory.set(process.memoryUsage.rss())
      runtime.memoryLimit.set(memoryLimitBytes())
      const { user, system } = process.cpuUsage()
      const spentSeconds = (user + system) / 1_000_000
      runtime.cpu.inc(Math.max(0, spentSeconds - cpuSeconds))
      cpuSeconds = spentSeconds
      const now = state()
      for (const name of STATES) runtime.state.set({ state: name }, name === now ? 1 : 0)
    },
    close: loop.close,
  }
}

// A timer that comes late says how long the loop was busy with something else.
function watchLoop(clock: Clock) {
  let worstMs = 0
  let dueAtMs = clock.elapsedMs() + TICK_MS
  const timer = setInterval(() => {
    const nowMs = clock.elapsedMs()
    worstMs = Math.max(worstMs, nowMs - dueAtMs)
    dueAtMs = nowMs + TICK_MS
  }, TICK_MS)
  timer.unref()

  return {
    close: () => clearInterval(timer),
    takeWorstMs() {
      // What keeps the loop busy right now has not let the timer speak yet.
      const worst = Math.max(worstMs, clock.elapsedMs() - dueAtMs, 0)
      worstMs = 0
      return worst
    },
  }
}
