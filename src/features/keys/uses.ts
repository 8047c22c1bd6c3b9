// When keys were last used: gathered, and written every few seconds for all of them at once. Nobody
// waits for it, and nothing depends on it.

import type { Clock } from '#lib/clock.ts'
import type { Use } from './repository.ts'

type Needs = {
  write(uses: readonly Use[], signal: AbortSignal): Promise<void>
  clock: Clock
  /** Told why a batch was lost. */
  onLost(error: unknown): void
  everyMs?: number
}

export type Uses = ReturnType<typeof createUses>

// More keys than this within a few seconds wait for their next use.
const KEYS_MAX = 10_000
const WRITE_MAX_MS = 4_000

export function createUses({ write, clock, onLost, everyMs = 5_000 }: Needs) {
  let pending = new Map<string, number>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing = Promise.resolve()

  return { note, close }

  function note(id: string): void {
    if (pending.size >= KEYS_MAX && !pending.has(id)) return
    pending.set(id, clock.nowMs())
    timer ??= setTimeout(flush, everyMs).unref()
  }

  function flush(): void {
    timer = undefined
    const uses = [...pending]
    pending = new Map()
    if (uses.length === 0) return
    // In the order of the ids, so that two instances never wait for each other's rows.
    uses.sort(([a], [b]) => (a < b ? -1 : 1))
    writing = writing.then(() => write(uses, AbortSignal.timeout(WRITE_MAX_MS))).catch(onLost)
  }

  /** Writes what is there; for when no more will come. */
  async function close(): Promise<void> {
    clearTimeout(timer)
    flush()
    await writing
  }
}
