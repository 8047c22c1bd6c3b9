// Moments on a command line.

import { parseTime } from '#lib/time.ts'
import { usageError } from '../../exit.ts'

/** A day or a moment, as RFC 3339. */
export function momentOf(flag: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const moment = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
  if (parseTime(moment) !== undefined) return moment
  throw usageError(
    `--${flag} cannot be "${text}".`,
    'Write a day such as 2026-01-31, or a moment such as 2026-01-31T12:00:00Z.',
  )
}
