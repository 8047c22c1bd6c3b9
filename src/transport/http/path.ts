// What stands in the path.

import { AppError } from '#lib/errors.ts'
import { isId } from '#lib/id.ts'

/**
 * An id from the path, in lower case.
 *
 * @throws AppError `invalid_path_parameter`.
 */
export function readId(text: string, parameter = 'id'): string {
  if (isId(text)) return text.toLowerCase()
  const detail = `\`${parameter}\` is not a UUID.`
  throw new AppError('invalid_path_parameter', detail, { errors: [{ parameter, detail }] })
}

/** The path as it was sent, without its query. Without a usable Host, Bun gives no more than the path. */
export function pathOf(url: string): string {
  const start = url.startsWith('/') ? 0 : Math.max(0, url.indexOf('/', url.indexOf('//') + 2))
  const end = url.indexOf('?', start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}
