// The life of a process: opens what it needs in order, drains its doors, closes the rest in reverse.
// Nothing is closed before the drain has ended, so that a request in flight always has its database.

import { systemClock, type Clock } from '#lib/clock.ts'
import type { Log } from '../observability/log.ts'
import { findListener, type ListenerSocket } from '../sockets/listener.ts'
import type { Door } from './door.ts'
import { drain, type Entrance } from './drain.ts'
import {
  emptyCounts,
  judge,
  type Phase,
  shortReport,
  type ShutdownReport,
  type StopReason,
} from './report.ts'
import { createResources, type Resource } from './resources.ts'
import { createTerminationLog } from './termination-log.ts'
import { createTimeline, type Timeline } from './timeline.ts'
import { openWatchdog, type Watchdog } from './watchdog.ts'

export type State = 'starting' | 'ready' | 'draining' | 'closing' | 'stopped'

// An end that lost something, or that nobody asked for, must be found by its level.
const LEVELS = { drained: 'info', forced: 'warn', failed: 'error' } as const

export type Lifecycle = ReturnType<typeof createLifecycle>

type Needs = {
  log: Log
  budgetMs: number
  drainMaxMs: number
  /** Written only where the file exists already. */
  terminationLog?: string
  clock?: Clock
  /** The kernel's side of a port, where the platform shows it. */
  findListener?: (port: number) => ListenerSocket | undefined
  watchdog?: Watchdog
}

/** Somebody asked to stop while the server was still starting. */
class StartAborted extends Error {
  override readonly name = 'StartAborted'
}

export function createLifecycle(needs: Needs) {
  const { log, clock = systemClock, budgetMs, drainMaxMs } = needs
  const watchdog = needs.watchdog ?? openWatchdog({ budgetMs })
  const terminationLog = createTerminationLog(needs.terminationLog)
  const resources = createResources(log)
  const entrances: Entrance[] = []
  const views = new Map<Door, ListenerSocket>()
  const listeners = new Set<(state: State) => void>()
  const starting = new AbortController()
  const stopped = Promise.withResolvers<ShutdownReport>()
  const counts = emptyCounts()
  const phases: Phase[] = []

  let state: State = 'starting'
  let working: Promise<void> = Promise.resolve()
  let timeline: Timeline | undefined
  let reason: StopReason = 'requested'
  let error: unknown
  let beganAt = ''

  return {
    start,
    open: <T>(name: string, resource: Resource<T>) =>
      resources.open(name, resource, starting.signal),
    openDoor,
    stop,
    hurry: () => timeline?.hurry(),
    cut: () => timeline?.cut(),
    state: () => state,
    onState,
    report,
    /** How many connections a door has, where the platform tells. */
    connections: (door: Door) => views.get(door)?.connections().length,
    /** Resolves with the report when all is over; the process then exits with its `exit_code`. */
    stopped: stopped.promise,
  }

  /**
   * Runs the start. When it fails, or when somebody asks to stop meanwhile, what was opened is closed
   * again before this rejects.
   */
  async function start(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    working = work(starting.signal)
    try {
      await working
      starting.signal.throwIfAborted()
    } catch (failure) {
      await stop('start_failed', failure)
      throw failure
    }
    enter('ready')
    log.info('ready')
  }

  /** A way in. Doors are drained together, before any resource is closed. */
  async function openDoor<D extends Door>(
    open: (signal: AbortSignal) => Promise<D> | D,
  ): Promise<D> {
    starting.signal.throwIfAborted()
    const door = await open(starting.signal)
    const view = (needs.findListener ?? findListener)(door.port)
    if (view) views.set(door, view)
    // gRPC has its own way to send clients off (GOAWAY).
    const listener = door.name === 'http' ? view : undefined
    listener?.prepare()
    entrances.push({ door, listener })
    starting.signal.throwIfAborted()
    return door
  }

  /** Begins the shutdown, once; asking again changes nothing. An error makes the exit code 1. */
  function stop(why: StopReason, failure?: unknown): Promise<ShutdownReport> {
    if (timeline) return stopped.promise
    timeline = createTimeline(clock, { budgetMs, drainMaxMs })
    watchdog.expectEnd()
    reason = why
    error = failure
    beganAt = new Date(clock.nowMs()).toISOString()
    // Nobody waits for the clients of a start that failed, or on Ctrl-C.
    if (why === 'SIGINT' || why === 'start_failed') timeline.hurry()
    void shutDown(timeline).then(stopped.resolve, stopped.reject)
    return stopped.promise
  }

  async function shutDown(timeline: Timeline): Promise<ShutdownReport> {
    const wasStarting = state === 'starting'
    enter('draining')
    log.info({ reason }, 'draining')
    terminationLog.write(`draining after ${reason}, since ${beganAt}`)

    if (wasStarting) await phase('abort_start', steps => abortStart(timeline, steps))
    if (entrances.length > 0)
      await phase('drain', steps => drain(entrances, { timeline, counts, steps }))
    enter('closing')
    await phase('close', steps => resources.closeAll(timeline, steps))

    const final = report()!
    log[LEVELS[final.outcome]]({ event: 'shutdown_report', ...final }, 'shutdown_report')
    terminationLog.write(shortReport(final))
    enter('stopped')
    watchdog.close()
    return final
  }

  // A start that does not listen to its signal is left behind; the process ends anyway.
  async function abortStart(timeline: Timeline, steps: Phase['steps']) {
    starting.abort(new StartAborted(`The start was aborted by ${reason}.`))
    const beganAtMs = timeline.nowMs()
    const over = working.catch(() => undefined)
    const inTime = await timeline.settledBy(over, timeline.forceAtMs)
    const duration_ms = Math.round(timeline.nowMs() - beganAtMs)
    steps.push({ name: 'start', outcome: inTime ? 'done' : 'timed_out', duration_ms })
  }

  async function phase(name: Phase['name'], work: (steps: Phase['steps']) => Promise<void>) {
    const beganAtMs = clock.elapsedMs()
    const current: Phase = { name, duration_ms: 0, steps: [] }
    phases.push(current)
    await work(current.steps)
    current.duration_ms = Math.round(clock.elapsedMs() - beganAtMs)
  }

  /** The shutdown as far as it has come; undefined before it has begun. */
  function report(): ShutdownReport | undefined {
    if (!timeline) return undefined
    const steps = phases.flatMap(({ steps }) => steps)
    return {
      reason,
      ...judge({ error, counts, steps }),
      began_at: beganAt,
      duration_ms: Math.round(timeline.sinceMs()),
      ...structuredClone(counts),
      phases: structuredClone(phases),
    }
  }

  function enter(next: State) {
    state = next
    for (const listener of listeners) listener(next)
  }

  /** Called at every change, in order. Returns what ends it. */
  function onState(listener: (state: State) => void) {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
}
