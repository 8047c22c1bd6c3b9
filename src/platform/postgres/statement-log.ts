// What SQL costs, in the log: every statement at debug, a slow one as a warning. Values never show.

import type { Log } from '../observability/log.ts'

type Statement = { string?: string; parameters?: readonly unknown[] }

const SLOW_MS = 1_000

/** Is told of every statement that has ended. Costs next to nothing unless it has something to say. */
export const createStatementLog = (log: Log) => (query: Statement | undefined, tookMs: number) => {
  if (tookMs >= SLOW_MS) log.warn(describe(query, tookMs), 'slow_statement')
  else if (log.isLevelEnabled('debug'))
    log.debug({ ...describe(query, tookMs), parameters: query?.parameters?.map(mask) }, 'sql')
}

const describe = (query: Statement | undefined, tookMs: number) => ({
  // On one line a comment would swallow what follows it.
  statement: query?.string
    ?.replace(/--[^\n]*/g, '')
    .replace(/\s+/g, ' ')
    .trim(),
  duration_ms: Math.round(tookMs * 100) / 100,
})

/** Tells what kind of value it was and how long, and nothing of what it said. */
function mask(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'string') return `text(${value.length})`
  return value instanceof Uint8Array ? `bytes(${value.length})` : typeof value
}
