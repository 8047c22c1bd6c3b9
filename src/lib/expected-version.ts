// Which version a change is meant for, where a header and a body may both say so.

import { AppError } from './errors.ts'

/**
 * The one version to compare in the statement; undefined where any will do. `current` is asked only
 * where a client names several.
 *
 * @throws AppError `version_mismatch` where what was said can hold for no version.
 */
export async function expectedVersion(
  named: readonly number[] | undefined,
  inBody: number | undefined,
  current: () => Promise<number>,
): Promise<number | undefined> {
  if (named === undefined) return inBody
  const possible = inBody === undefined ? named : named.filter(version => version === inBody)
  if (possible.length === 1) return possible[0]
  // Of several, the present one is meant; if it changes before the statement runs, that notices.
  const present = possible.length > 1 ? await current() : undefined
  if (present !== undefined && possible.includes(present)) return present
  throw new AppError('version_mismatch', 'The resource has none of the versions that were named.')
}
