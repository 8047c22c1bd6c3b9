// How much of something in how long, as people write it: 600/1m.

import { formatDuration, parseDuration } from './duration.ts'

/** At most `limit` at once, and `limit` more in each `windowMs` from then on. */
export type Rate = { readonly limit: number; readonly windowMs: number }

const LIMIT_MAX = 1_000_000
const WINDOW_MIN_MS = 1_000
const WINDOW_MAX_MS = 24 * 3_600_000

/** Null for `off`: no limit. Undefined where the text is not a rate. */
export function parseRate(text: string): Rate | null | undefined {
  if (text === 'off') return null
  const [, count = '', window = ''] = /^(\d{1,7})\/(.+)$/.exec(text) ?? []
  const limit = Number(count)
  const windowMs = parseDuration(window) ?? 0
  const isInRange = limit >= 1 && limit <= LIMIT_MAX
  return isInRange && windowMs >= WINDOW_MIN_MS && windowMs <= WINDOW_MAX_MS
    ? { limit, windowMs }
    : undefined
}

export const formatRate = (rate: Rate | null): string =>
  rate === null ? 'off' : `${rate.limit}/${formatDuration(rate.windowMs)}`
