// What a shutdown did, as one document: the log line, the row that is kept and detailed health all
// show the same. Hence its keys are written as they appear there.

export type StopReason = 'SIGTERM' | 'SIGINT' | 'start_failed' | 'failed' | 'requested'

export type StepOutcome =
  | 'done'
  /** The time for leaving was up; whoever stayed is dealt with in the next step. */
  | 'expired'
  /** Does not exist on this platform. */
  | 'skipped'
  /** Requests were told to give up, and answered in time. */
  | 'aborted'
  | 'forced'
  | 'failed'
  | 'timed_out'

export type Step = {
  name: string
  outcome: StepOutcome
  duration_ms: number
  detail?: Readonly<Record<string, number | string>>
}

export type Phase = { name: 'abort_start' | 'drain' | 'close'; duration_ms: number; steps: Step[] }

export type Counts = {
  requests: {
    /** Being handled when the shutdown began. */
    at_signal: number
    /** Answered since then, whether they came before or during the drain. */
    finished: number
    /** Told to give up shortly before the end. */
    aborted: number
    /** Ended without an answer. */
    cut: number
  }
  connections: {
    /** Open when the shutdown began; null where the platform does not say. */
    at_signal: number | null
    /** Of these, those that went away by themselves. */
    left: number
    /** Closed by us while nothing was under way on them. */
    closed_idle: number
    /** Closed by us with something still under way. */
    forced: number
  }
}

export type ShutdownReport = Counts & {
  reason: StopReason
  outcome: 'drained' | 'failed' | 'forced'
  exit_code: 0 | 1 | 3
  exit_reason: string
  began_at: string
  duration_ms: number
  phases: Phase[]
}

export type Verdict = Pick<ShutdownReport, 'outcome' | 'exit_code' | 'exit_reason'>

export const emptyCounts = (): Counts => ({
  requests: { at_signal: 0, finished: 0, aborted: 0, cut: 0 },
  connections: { at_signal: null, left: 0, closed_idle: 0, forced: 0 },
})

type Facts = { error: unknown; counts: Counts; steps: readonly Step[] }

/** The exit code and why. A failure outranks a cut, since the cut is its consequence. */
export function judge({ error, counts, steps }: Facts): Verdict {
  if (error !== undefined)
    return { outcome: 'failed', exit_code: 1, exit_reason: describeError(error) }

  const { requests, connections } = counts
  const late = steps.filter(step => step.outcome === 'timed_out').map(step => step.name)
  const cuts = [
    ...said(requests.cut, 'request', 'cut'),
    ...said(requests.aborted, 'request', 'told to give up'),
    ...said(connections.forced, 'connection', 'closed by force'),
    ...late.map(name => `${name} did not close in time`),
    ...steps
      .filter(step => Number(step.detail?.['cut'] ?? 0) > 0)
      .map(step => `${step.name} cut ${step.detail?.['cut']}`),
  ]
  if (cuts.length > 0) return { outcome: 'forced', exit_code: 3, exit_reason: cuts.join(', ') }

  const failed = steps.filter(step => step.outcome === 'failed')
  if (failed.length > 0) {
    const names = failed.map(step => `${step.name} (${step.detail?.['error'] ?? 'unknown'})`)
    return { outcome: 'failed', exit_code: 1, exit_reason: `failed to close: ${names.join(', ')}` }
  }
  return { outcome: 'drained', exit_code: 0, exit_reason: 'everything was answered and closed' }
}

/** One line for people: the termination log has 4096 bytes at most, and few read more than one line. */
export const shortReport = (report: ShutdownReport): string =>
  `${report.outcome} (exit ${report.exit_code}) after ${report.reason} in ${report.duration_ms} ms: ` +
  `${report.exit_reason}; ${report.requests.finished} requests finished, ${report.requests.cut} cut, ` +
  `${report.connections.at_signal ?? 'unknown'} connections at the signal, ${report.connections.left} left, ` +
  `${report.connections.forced} forced`

export const describeError = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

const said = (count: number, what: string, done: string): string[] =>
  count > 0 ? [`${count} ${what}${count === 1 ? '' : 's'} ${done}`] : []
