// What was opened, closed in reverse: each with a limit of its own, each outcome on record.

import type { Log } from '../observability/log.ts'
import { describeError, type Step } from './report.ts'
import type { Timeline } from './timeline.ts'

export type Resource<T> = {
  /** Rejects soon after the signal aborts: somebody asked to stop during the start. */
  start(signal: AbortSignal): Promise<T> | T
  /** Told how long it may take. Its `{ cut }`, where it has one, goes on record. */
  close?(it: T, limitMs: number): unknown
  /** 5 s unless stated. */
  closeMaxMs?: number
}

type Opened = { name: string; closeMaxMs: number; close(limitMs: number): unknown }

const CLOSE_MAX_MS = 5_000
// Even when the budget is spent, everything is asked to close and given a moment.
const CLOSE_MIN_MS = 50

export function createResources(log: Log) {
  const opened: Opened[] = []

  return { open, closeAll }

  async function open<T>(name: string, resource: Resource<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted()
    const it = await resource.start(signal)
    opened.push({
      name,
      closeMaxMs: resource.closeMaxMs ?? CLOSE_MAX_MS,
      close: limitMs => resource.close?.(it, limitMs),
    })
    log.debug({ resource: name }, 'resource_opened')
    // It is on the list by now, so it is closed although its start came too late.
    signal.throwIfAborted()
    return it
  }

  /** Pushes a step as soon as it is over, so that a report made meanwhile shows it. */
  async function closeAll(timeline: Timeline, steps: Step[]) {
    let resource = opened.pop()
    while (resource) {
      steps.push(await closeOne(resource, timeline))
      resource = opened.pop()
    }
  }

  async function closeOne({ name, closeMaxMs, close }: Opened, timeline: Timeline): Promise<Step> {
    const beganAtMs = timeline.nowMs()
    const step = (outcome: Step['outcome'], detail?: Step['detail']): Step => ({
      name,
      outcome,
      duration_ms: Math.round(timeline.nowMs() - beganAtMs),
      ...(detail && { detail }),
    })
    const endsAtMs = () =>
      Math.max(
        Math.min(beganAtMs + closeMaxMs, timeline.endsAtMs()),
        beganAtMs + Math.min(CLOSE_MIN_MS, closeMaxMs),
      )
    try {
      // It is told a little less than it has, so that it can end by itself and say what it cut.
      const limitMs = Math.floor((endsAtMs() - beganAtMs) * 0.9)
      const closing = Promise.try(close, limitMs)
      const inTime = await timeline.settledBy(closing, endsAtMs)
      if (!inTime) {
        log.error({ resource: name }, 'resource_close_timed_out')
        return step('timed_out')
      }
      const cut = cutOf(await closing)
      return step('done', cut > 0 ? { cut } : undefined)
    } catch (error) {
      log.error({ resource: name, err: error }, 'resource_close_failed')
      return step('failed', { error: describeError(error) })
    }
  }
}

const cutOf = (closed: unknown): number =>
  typeof closed === 'object' && closed !== null && 'cut' in closed ? Number(closed.cut) : 0
