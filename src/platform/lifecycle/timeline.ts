// When each part of a shutdown is over at the latest. The times can only move nearer: by Ctrl-C, or
// by a second one. Whatever waits reads them again and again, so nobody has to be told.

import type { Clock } from '#lib/clock.ts'

export type Timeline = ReturnType<typeof createTimeline>

const HURRIED_WINDOW_MS = 500
const CUT_CLOSE_MS = 250
const POLL_MS = 10

type Limits = { budgetMs: number; drainMaxMs: number }

export function createTimeline(clock: Clock, { budgetMs, drainMaxMs }: Limits) {
  const beganAtMs = clock.elapsedMs()
  // The last moments are for the report: when the budget is over the watchdog ends what still runs.
  let endsAtMs = beganAtMs + budgetMs - Math.min(500, budgetMs / 10)
  // Before them closing gets a tenth, and requests that are told to give up the tenth before that.
  const marginMs = Math.min(1_000, budgetMs / 10)
  let forceAtMs = endsAtMs - Math.min(2_000, budgetMs / 10)
  let abortAtMs = forceAtMs - marginMs
  let windowEndsAtMs = Math.min(beganAtMs + drainMaxMs, abortAtMs)
  let cutAlready = false

  return {
    beganAtMs,
    sinceMs: () => clock.elapsedMs() - beganAtMs,
    nowMs: () => clock.elapsedMs(),
    windowEndsAtMs: () => windowEndsAtMs,
    abortAtMs: () => abortAtMs,
    forceAtMs: () => forceAtMs,
    endsAtMs: () => endsAtMs,
    isCut: () => cutAlready,
    hurry,
    cut,
    settledBy,
  }

  /** Connections get only a moment to leave; requests in flight keep their time. */
  function hurry() {
    windowEndsAtMs = Math.min(windowEndsAtMs, clock.elapsedMs() + HURRIED_WINDOW_MS)
  }

  /** Everything that can be forced is forced now. */
  function cut() {
    const nowMs = clock.elapsedMs()
    cutAlready = true
    windowEndsAtMs = Math.min(windowEndsAtMs, nowMs)
    abortAtMs = Math.min(abortAtMs, nowMs)
    forceAtMs = Math.min(forceAtMs, nowMs)
    endsAtMs = Math.min(endsAtMs, nowMs + CUT_CLOSE_MS)
  }

  /** True when the promise resolved in time, false when the time was up first. Rejections pass through. */
  async function settledBy(promise: Promise<unknown>, atMs: () => number): Promise<boolean> {
    const settling = promise.then(() => true as const)
    // A late rejection belongs to nobody any more.
    settling.catch(() => undefined)
    for (;;) {
      const leftMs = atMs() - clock.elapsedMs()
      const pause = Bun.sleep(Math.max(0, Math.min(leftMs, POLL_MS)))
      if ((await Promise.race([settling, pause])) === true) return true
      if (leftMs <= 0) return false
    }
  }
}
