// Calls to what is outside of the process (SQL, the Tasks service, later Redis and others): each is a
// debug line, and one that was slow is a warning that says what.

import type { Clock } from '#lib/clock.ts'
import type { Log } from './log.ts'

const SLOW_MS = 1_000

export type OutsideCall = {
  /** What kind of thing was asked: `sql`, `tasks-service`. */
  to: string
  /** What it was asked: a statement, a method. */
  what: string
  requestId?: string
  error?: unknown
}

export type Outside = ReturnType<typeof createOutside>

/** `const startedAtMs = outside.begin(); …; outside.end(startedAtMs, () => ({ to: 'sql', what }))`. */
export const createOutside = ({ log, clock }: { log: Log; clock: Clock }) => ({
  begin: (): number => clock.elapsedMs(),

  /** `describe` runs only where a line is written. */
  end(startedAtMs: number, describe: () => OutsideCall & Record<string, unknown>): void {
    const durationMs = clock.elapsedMs() - startedAtMs
    const isSlow = durationMs > SLOW_MS
    if (!isSlow && !log.isLevelEnabled('debug')) return
    const { requestId, error, ...call } = describe()
    const line = {
      ...call,
      request_id: requestId,
      duration_ms: Math.round(durationMs * 1_000) / 1_000,
      err: error,
    }
    if (isSlow) log.warn(line, 'slow call')
    else log.debug(line, 'call')
  },
})
