// Where a page of a list ended, as an opaque text. A cursor holds a position and nothing secret, so
// it is not signed: one that was made up shows what any other position shows.

import { AppError } from './errors.ts'
import { isId } from './id.ts'

/** The last row's value in the order, null where it has none, and its id, which makes the order total. */
export type Position = { key: string | null; id: string }

// Raised when positions come to mean something else, so that old cursors are refused, not misread.
const VERSION = 1

/** `order` names the order (`-created_at`): a cursor of one order means nothing in another. */
export const encodeCursor = (order: string, { key, id }: Position): string =>
  Buffer.from(JSON.stringify([VERSION, order, key, id])).toString('base64url')

/** @throws AppError `invalid_cursor`. */
export function decodeCursor(
  cursor: string,
  order: string,
  isKey: (key: string | null) => boolean,
): Position {
  const [version, madeFor, key, id, ...more] = contentOf(cursor)
  if (version !== VERSION || more.length > 0) throw invalid('was not made by this API')
  if (madeFor !== order) throw invalid('was made by a list in another order or by another search')
  if (!isText(id) || !isId(id) || !(key === null || isText(key)) || !isKey(key))
    throw invalid('was not made by this API')
  return { key, id }
}

function contentOf(cursor: string): unknown[] {
  const bytes = Buffer.from(cursor, 'base64url')
  // The decoder skips what is not base64; a cursor that was altered is to be refused.
  if (bytes.toString('base64url') !== cursor) return []
  try {
    const content: unknown = JSON.parse(bytes.toString())
    return Array.isArray(content) ? content : []
  } catch {
    return []
  }
}

// What PostgreSQL takes for a text.
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.isWellFormed() && !value.includes('\0')

const invalid = (what: string) =>
  new AppError('invalid_cursor', `The cursor ${what}.`, {
    errors: [{ parameter: 'cursor', detail: what }],
  })
