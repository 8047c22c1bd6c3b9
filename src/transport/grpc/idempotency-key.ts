// `idempotency-key` in a call's metadata, and how its answer says that it was given before.

import type { Metadata } from '@grpc/grpc-js'
import { AppError } from '#lib/errors.ts'

export const IDEMPOTENCY_KEY = 'idempotency-key'
export const REPLAYED_KEY = 'idempotency-replayed'

const WELL_FORMED = /^[ -~]{1,255}$/

/** The key that the client gave. @throws AppError `invalid_header` */
export function keyOf(metadata: Metadata): string | undefined {
  const [given, ...more] = metadata.get(IDEMPOTENCY_KEY)
  if (given === undefined) return undefined
  if (more.length === 0 && typeof given === 'string' && WELL_FORMED.test(given)) return given
  throw new AppError(
    'invalid_header',
    'The metadata `idempotency-key` is not 1 to 255 printable ASCII characters.',
  )
}
