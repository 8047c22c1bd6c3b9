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
