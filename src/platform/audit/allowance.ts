// How much each source may still do: a bucket for each that fills up again with time. Of more sources
// than are kept in mind, those not seen for longest are forgotten.

import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/clock.ts'

type Of = {
  /** A bucket that is full. */
  burst: number
  /** How much of it comes back in a millisecond. */
  perMs: number
  sourcesMax: number
  clock: Clock
}

export function createAllowance({ burst, perMs, sourcesMax, clock }: Of) {
  const buckets = new LRUCache<string, { left: number; atMs: number }>({ max: sourcesMax })
  return { take }

  /** False where the bucket of this source is empty. */
  function take(source: string): boolean {
    const nowMs = clock.elapsedMs()
    const bucket = buckets.get(source)
    const left = bucket ? Math.min(burst, bucket.left + (nowMs - bucket.atMs) * perMs) : burst
    const isTaken = left >= 1
    buckets.set(source, { left: isTaken ? left - 1 : left, atMs: nowMs })
    return isTaken
  }
}
