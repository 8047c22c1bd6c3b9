// `Idempotency-Key`: the name that a client gives a change which it may have to send again.

import { AppError } from '#lib/errors.ts'
import type { Access } from './access.ts'
import type { Exchange } from './exchange.ts'

const KEY = /^[ -~]{1,255}$/

/** Puts the key of a POST into its call. @throws AppError `invalid_header` */
export function takeIdempotencyKey({ call, request }: Exchange, { idempotency }: Access): void {
  const key = request.headers.get('idempotency-key')
  if (key === null) return
  // A client that relies on it has to know that it could not.
  if (idempotency === 'refused')
    throw new AppError('invalid_header', 'This route takes no Idempotency-Key.')
  if (!KEY.test(key))
    throw new AppError(
      'invalid_header',
      'Idempotency-Key is not 1 to 255 printable ASCII characters.',
    )
  call.idempotency = { key, replayed: false }
}
