// Whether this process lives, has started and can answer. Probes come often and from many sides, so
// checks run together, each within its limit, and their outcome is kept for a second.

import type { Clock } from '#lib/clock.ts'
import { maskText } from '#lib/mask.ts'
import type { State } from '../lifecycle/lifecycle.ts'
import type { Check, Outcome } from './check.ts'

export type Health = ReturnType<typeof createHealth>

const CHECK_MAX_MS = 500
const KEPT_MS = 1_000

type Needs = {
  /** Looked at anew every time, so that what opens later may add its own. */
  checks: readonly Check[]
  clock: Clock
  state(): State
  /** Names of the checks without which this instance is not ready. */
  requires: readonly string[]
}

/** Why an instance is not ready; `unavailable` is the loss of something required. */
export type Readiness = 'ready' | 'starting' | 'draining' | 'unavailable'

export function createHealth({ checks, clock, state, requires }: Needs) {
  let running: Promise<readonly Outcome[]> | undefined
  let kept: { outcomes: readonly Outcome[]; atMs: number } | undefined

  return { state, hasStarted: () => state() !== 'starting', readiness, outcomes }

  async function readiness(): Promise<Readiness> {
    const now = state()
    if (now === 'starting') return 'starting'
    if (now !== 'ready') return 'draining'
    if (requires.length === 0) return 'ready'
    const failed = (await outcomes()).some(
      ({ name, status }) => status === 'failed' && requires.includes(name),
    )
    return failed ? 'unavailable' : 'ready'
  }

  /** Every check's outcome, at most a second old. However many ask, the checks run once. */
  async function outcomes(): Promise<readonly Outcome[]> {
    if (kept && clock.elapsedMs() - kept.atMs < KEPT_MS) return kept.outcomes
    running ??= Promise.all(checks.map(check => examine(check, clock)))
      .then(outcomes => {
        kept = { outcomes, atMs: clock.elapsedMs() }
        return outcomes
      })
      .finally(() => {
        running = undefined
      })
    return running
  }
}

async function examine(check: Check, clock: Clock): Promise<Outcome> {
  const startedAtMs = clock.elapsedMs()
  const result = await within(check)
  const latencyMs = Math.round((clock.elapsedMs() - startedAtMs) * 100) / 100
  const figures = check.figures?.()
  return { name: check.name, ...result, latencyMs, ...(figures && { figures }) }
}

// A check that does not listen to its signal is left behind.
async function within(check: Check): Promise<Pick<Outcome, 'status' | 'remark'>> {
  const limit = new AbortController()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const reason = new Error(`No answer within ${CHECK_MAX_MS} ms.`)
    late.reject(reason)
    limit.abort(reason)
  }, CHECK_MAX_MS)
  try {
    const remark = await Promise.race([check.run(limit.signal), late.promise])
    return remark === undefined ? { status: 'passed' } : { status: 'passed', remark }
  } catch (thrown) {
    const remark = thrown instanceof Error ? thrown.message : String(thrown)
    return { status: 'failed', remark: maskText(remark) }
  } finally {
    clearTimeout(timer)
  }
}
