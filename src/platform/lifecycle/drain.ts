// The part of a shutdown that clients notice. The order matters, and each step has its reason:
//
// 1. Every answer says `Connection: close`, and we keep accepting, until no connection from before is
//    left. A connection that is closed without having been told so loses its next request.
// 2. New handshakes are dropped, and what is already inside is answered. Clients that were told to
//    close come straight back, and closing a listener resets whoever waits in its queue.
// 3. The listener closes, then idle connections, and requests in flight get the rest of the time.

import type { ListenerSocket, OpenConnection } from '../sockets/listener.ts'
import type { Door } from './door.ts'
import { type Counts, describeError, type Step } from './report.ts'
import type { Timeline } from './timeline.ts'

const WINDOW_POLL_MS = 20
const QUIET_POLL_MS = 5
// Who says nothing whole for so long is not waited for; what is being answered is.
const SILENT_MAX_MS = 1_000
// Longer on the way in: a client on a busy machine may take its time between connecting and asking.
const ARRIVAL_MAX_MS = 2_000
const QUIET_MAX_MS = 5_000
const QUIET_IN_A_ROW = 2

export type Entrance = { door: Door; listener: ListenerSocket | undefined }

type Drain = { timeline: Timeline; counts: Counts; steps: Step[] }

/** Resolves when nothing of any door is left, at the latest when the timeline forces it. */
export async function drain(entrances: readonly Entrance[], { timeline, counts, steps }: Drain) {
  const finishedBefore = entrances.map(({ door }) => door.finished())
  for (const { door } of entrances) {
    counts.requests.at_signal += door.inFlight()
    door.announceDrain()
  }
  await Promise.all(entrances.map(entrance => drainOne(entrance, { timeline, counts, steps })))
  for (const [index, { door }] of entrances.entries())
    counts.requests.finished += door.finished() - finishedBefore[index]!
}

async function drainOne({ door, listener }: Entrance, { timeline, counts, steps }: Drain) {
  const timed = async (name: string, work: () => Promise<Pick<Step, 'outcome' | 'detail'>>) => {
    const beganAtMs = timeline.nowMs()
    const result = await work().catch((error: unknown) => ({
      outcome: 'failed' as const,
      detail: { error: describeError(error) },
    }))
    const duration_ms = Math.round(timeline.nowMs() - beganAtMs)
    steps.push({ name: `${door.name}_${name}`, duration_ms, ...result })
  }

  // gRPC tells its clients by GOAWAY, which they answer by leaving: it needs no window.
  let stayed: OpenConnection[] = []
  if (door.name === 'http') {
    await timed('window', async () => {
      const window = await letLeave({ door, listener }, timeline)
      stayed = window.stayed
      if (listener) counts.connections.at_signal = window.atSignal
      counts.connections.left += window.atSignal - stayed.length
      return { outcome: window.outcome, detail: { stayed: stayed.length } }
    })
    await timed('handshakes', () => emptyQueue({ door, listener }, stayed, timeline))
  }
  await timed('in_flight', async () => {
    try {
      return await finish({ door, listener }, { timeline, counts, stayed })
    } catch (error) {
      // Whatever went wrong, nobody may come in while resources close.
      counts.requests.cut += door.force()
      throw error
    }
  })
}

async function letLeave({ door, listener }: Entrance, timeline: Timeline) {
  const before = listener?.connections() ?? []
  if (!listener) {
    // Nobody tells us who is connected. Who never asked anything has nothing to lose.
    if (door.finished() === 0 && door.inFlight() === 0)
      return { outcome: 'done' as const, atSignal: 0, stayed: [] }
    while (timeline.nowMs() < timeline.windowEndsAtMs()) await Bun.sleep(WINDOW_POLL_MS)
    return { outcome: 'expired' as const, atSignal: 0, stayed: [] }
  }
  let stayed = before
  while (stayed.length > 0 && timeline.nowMs() < timeline.windowEndsAtMs()) {
    await Bun.sleep(WINDOW_POLL_MS)
    stayed = stayed.filter(listener.isOpen)
  }
  const outcome = stayed.length === 0 ? ('done' as const) : ('expired' as const)
  return { outcome, atSignal: before.length, stayed }
}

async function emptyQueue(
  { door, listener }: Entrance,
  stayed: readonly OpenConnection[],
  timeline: Timeline,
) {
  const way = listener?.stopHandshakes()
  if (!listener || !way) return { outcome: 'skipped' as const }

  const givenUp = new Set(stayed.map(connection => connection.id))
  const beganAtMs = timeline.nowMs()
  const endsAtMs = () => Math.min(beganAtMs + QUIET_MAX_MS, timeline.forceAtMs())
  const busyWithStayed = () => stayed.some(listener.isOpen)
  const isQuiet = () => {
    const inside = listener.connections().filter(({ id }) => !givenUp.has(id))
    listener.admit(inside)
    if (listener.queued() > 0 || !inside.every(listener.isUnused)) return false
    if (door.inFlight() > 0 && !busyWithStayed()) return false
    if (timeline.nowMs() > beganAtMs + ARRIVAL_MAX_MS) return true
    // Last, because it walks through the kernel's whole table.
    return inside.length === 0 && listener.handshaking() === 0
  }
  let quiet = 0
  while (quiet < QUIET_IN_A_ROW) {
    quiet = isQuiet() ? quiet + 1 : 0
    if (timeline.nowMs() > endsAtMs()) return { outcome: 'expired' as const, detail: { way } }
    await Bun.sleep(QUIET_POLL_MS)
  }
  return { outcome: 'done' as const, detail: { way } }
}

type Finish = { timeline: Timeline; counts: Counts; stayed: readonly OpenConnection[] }

async function finish({ door, listener }: Entrance, { timeline, counts, stayed }: Finish) {
  door.stopListening()
  const busy = door.inFlight()
  door.closeIdle()
  const unused = listener?.closeUnused() ?? 0
  const closed = door.closed()
  const { connections, requests } = counts
  connections.closed_idle += Math.max(unused, stayed.length - busy)

  // Their answers told them to leave, and none of them is open once the door has closed.
  const answered = Math.min(busy, stayed.length)
  if (await timeline.settledBy(closed, silenceOf(door, timeline))) {
    connections.left += answered
    return { outcome: 'done' as const }
  }
  if (door.inFlight() === 0) {
    connections.closed_idle += listener?.connections().length ?? 0
    door.force()
    return { outcome: 'done' as const, detail: { waited_for: 'silent connections' } }
  }

  const aborted = door.abortInFlight()
  requests.aborted += aborted
  if (await timeline.settledBy(closed, timeline.forceAtMs)) {
    connections.left += answered
    return { outcome: 'aborted' as const, detail: { aborted } }
  }

  const open = listener?.connections().length ?? 0
  const cut = door.force()
  const forced = Math.max(cut, open)
  requests.cut += cut
  connections.forced += forced
  return { outcome: 'forced' as const, detail: { aborted, cut, forced } }
}

// Connections that never sent a whole request (half a head, or nothing where the platform does not
// tell which those are) count for busy, so that a server that stops would wait for them.
function silenceOf(door: Door, timeline: Timeline) {
  let silentSinceMs = timeline.nowMs()
  return () => {
    if (door.inFlight() > 0) silentSinceMs = timeline.nowMs()
    return Math.min(timeline.abortAtMs(), silentSinceMs + SILENT_MAX_MS)
  }
}
