// How much memory this process may have: the least limit of its control group and those above it, or
// what the machine has. A container shows its own group as the root; elsewhere the path says which.

import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'

type Read = (path: string) => string | undefined

/** Bytes. `read` is for tests. */
export function memoryLimitBytes(read: Read = readFile): number {
  const limits = [...limitsOfGroups(read)].filter(limit => limit > 0)
  return Math.min(totalmem(), ...limits)
}

function* limitsOfGroups(read: Read): Generator<number> {
  const groups = (read('/proc/self/cgroup') ?? '').split('\n')
  for (const line of groups) {
    const [, controllers, ...rest] = line.split(':')
    const path = rest.join(':')
    if (controllers === '') yield* limitsAlong(read, '/sys/fs/cgroup', { path, file: 'memory.max' })
    else if (controllers?.split(',').includes('memory'))
      yield* limitsAlong(read, '/sys/fs/cgroup/memory', { path, file: 'memory.limit_in_bytes' })
  }
}

// A limit of a group above counts as well; version 1 says "none" by a number of eight exbibytes,
// version 2 by the word `max`, and a file that is not there says nothing.
function* limitsAlong(read: Read, root: string, { path, file }: { path: string; file: string }) {
  const parts = path.split('/').filter(part => part !== '')
  for (let depth = parts.length; depth >= 0; depth--) {
    const text = read([root, ...parts.slice(0, depth), file].join('/'))
    if (text !== undefined && /^\d+\s*$/.test(text)) yield Number(text)
  }
}

function readFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
