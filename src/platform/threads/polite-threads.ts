// Passwords are worked out on the threads of Bun's pool, each of which would take a core for as long
// as it has work. With the lowest priority they take what is left over, so that whoever serves
// requests does not wait for them. For Linux, where a thread has a priority of its own.

import { readdirSync, readFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

const THREADS = '/proc/self/task'
const OF_POOL = 'Bun Pool'

export type Threads = {
  ids(): readonly string[]
  /** Empty where it has ended. */
  nameOf(id: string): string
  lower(id: string): void
}

/** Lowers the threads that have come since it was last asked; harmless where that cannot be done. */
export function createPoliteThreads(threads: Threads = ofThisProcess): { lowerNew(): void } {
  const seen = new Set<string>()
  let isPossible = true

  return { lowerNew }

  function lowerNew(): void {
    if (!isPossible) return
    try {
      for (const id of threads.ids()) if (!seen.has(id)) look(id)
    } catch {
      // No such folder, or a sandbox that forbids it: then the bound on how many work at once remains.
      isPossible = false
    }
  }

  function look(id: string): void {
    const name = threads.nameOf(id)
    if (name.startsWith(OF_POOL)) threads.lower(id)
    // One that was just made has still the name of the process, and is looked at again.
    if (name !== '' && name !== threads.nameOf(String(process.pid))) seen.add(id)
  }
}

const ofThisProcess: Threads = {
  ids: () => readdirSync(THREADS),
  nameOf(id) {
    try {
      return readFileSync(`${THREADS}/${id}/comm`, 'utf8').trim()
    } catch {
      return ''
    }
  },
  lower: id => setPriority(Number(id), constants.priority.PRIORITY_LOW),
}
