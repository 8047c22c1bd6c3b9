// What is good no more, as every instance learns of it: from a table that each looks at every
// second, and sooner from the bus. What an instance has looked up it may only rely on while it would
// have been told; when it has not been for a while, it looks everything up again.

import type { Clock } from '#lib/clock.ts'
import type { Resource } from '#platform/lifecycle/resources.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { Database, Runner } from '#platform/postgres/database.ts'
import type { Bus } from '#platform/redis/bus.ts'
import {
  createRevocationRepository,
  KINDS,
  type Revocation,
  type RevokedKind,
} from './revocation-repository.ts'

export type { RevokedKind } from './revocation-repository.ts'

export type Revocations = ReturnType<typeof createRevocations>

type Needs = {
  database: Pick<Database, 'on'>
  bus: Bus
  clock: Clock
  log: Log
  metrics: Metrics
  everyMs?: number
}

type Listener = (id: string) => void

/** Older than this, what was looked up does not count. */
const STALE_MS = 4_000
const LOOK_MAX_MS = 2_000
// A transaction commits a while after it wrote its row: word is also looked for where one has looked before.
const OVERLAP_MS = 30_000
// By then whoever told has most likely committed; if not, the next look finds it.
const SPREAD_AFTER_MS = 25

export function createRevocations(needs: Needs) {
  const { database, bus, clock, log, metrics, everyMs = 1_000 } = needs
  const repository = createRevocationRepository()
  const listeners = new Map<RevokedKind, Set<Listener>>(KINDS.map(kind => [kind, new Set()]))
  let looked: { atMs: number; sinceMs: number; seen: ReadonlySet<string> } | undefined
  let told = 0

  return {
    onRevoked,
    isFollowing: () => looked !== undefined && clock.elapsedMs() - looked.atMs < STALE_MS,
    /** Grows with each word that came; who looks something up compares it before and after. */
    told: () => told,
    tell,
    spread,
    follower: {
      start,
      close: (follower: { close(): Promise<void> }) => follower.close(),
    } satisfies Resource<{ close(): Promise<void> }>,
  }

  /** Returns what ends it. */
  function onRevoked(kind: RevokedKind, listener: Listener): () => void {
    listeners.get(kind)?.add(listener)
    return () => void listeners.get(kind)?.delete(listener)
  }

  /** Leaves word for every instance, with whatever else the runner does. */
  async function tell(on: Runner, kind: RevokedKind, id: string): Promise<void> {
    await repository.insert(on, { kind, id })
    setTimeout(() => spread(kind, id), SPREAD_AFTER_MS).unref()
  }

  /** Word of what is committed: here at once, elsewhere as soon as the bus brings it. */
  function spread(kind: RevokedKind, id: string): void {
    hear({ kind, id })
    bus.publish('revocations', `${kind} ${id}`)
  }

  function hear({ kind, id }: Revocation): void {
    told++
    for (const listener of listeners.get(kind) ?? []) listener(id)
  }

  async function start(signal: AbortSignal) {
    const closing = new AbortController()
    const ended = bus.subscribe('revocations', message => {
      const [word, id = ''] = message.split(' ')
      const kind = KINDS.find(kind => kind === word)
      if (kind) hear({ kind, id })
    })
    await look(signal)
    const following = follow(closing.signal)
    return {
      async close() {
        closing.abort()
        ended()
        await following
      },
    }
  }

  async function follow(closing: AbortSignal): Promise<void> {
    while (!closing.aborted) {
      await pause(everyMs, closing)
      if (closing.aborted) return
      try {
        await look(AbortSignal.any([closing, AbortSignal.timeout(LOOK_MAX_MS)]))
      } catch (error) {
        if (!closing.aborted) log.warn({ err: error }, 'revocations_not_followed')
      }
      const lagMs = looked ? clock.elapsedMs() - looked.atMs : 0
      metrics.auth.revocationsLag.set(lagMs / 1_000)
    }
  }

  // What counts is when the look began: what was committed after that may have been missed.
  async function look(signal: AbortSignal): Promise<void> {
    const atMs = clock.elapsedMs()
    const seen = new Set<string>()
    const { nowMs, revocations } = await repository.since(database.on(signal), looked?.sinceMs)
    for (const { key, ...revocation } of revocations) {
      seen.add(key)
      if (!looked?.seen.has(key)) hear(revocation)
    }
    looked = { atMs, sinceMs: nowMs - OVERLAP_MS, seen }
  }
}

function pause(ms: number, closing: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer)
      closing.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    timer.unref()
    closing.addEventListener('abort', end, { once: true })
  })
}
