// What a server has acknowledged, against what it kept.

import { readFileSync, writeFileSync } from 'node:fs'

export type Ledger = ReturnType<typeof createLedger>

export function createLedger() {
  const sent = new Set<string>()
  const acknowledged = new Set<string>()
  return {
    sent: (id: string) => void sent.add(id),
    acknowledged: (id: string) => void acknowledged.add(id),
    /** Written when all is over: while it runs, nothing waits for a disk. */
    save: (path: string) =>
      writeFileSync(path, JSON.stringify({ sent: [...sent], acknowledged: [...acknowledged] })),
  }
}

export type Comparison = {
  acknowledged: number
  /** Acknowledged, and not kept: the worst there is. */
  missing: string[]
  /** Kept more than once. */
  doubled: string[]
  /** Kept without an acknowledgement: the client does not know. */
  unacknowledged: number
}

/** `kept` is what the server has, each as often as it has it. */
export function compareLedger(path: string, kept: readonly string[]): Comparison {
  const { sent, acknowledged }: { sent: string[]; acknowledged: string[] } = JSON.parse(
    readFileSync(path, 'utf8'),
  )
  const times = new Map<string, number>()
  for (const id of kept) times.set(id, (times.get(id) ?? 0) + 1)
  const known = new Set(acknowledged)
  return {
    acknowledged: acknowledged.length,
    missing: acknowledged.filter(id => !times.has(id)),
    doubled: sent.filter(id => (times.get(id) ?? 0) > 1),
    unacknowledged: sent.filter(id => times.has(id) && !known.has(id)).length,
  }
}
