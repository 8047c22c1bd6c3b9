// The id of a task whose creator names one, so that a repetition makes nothing new.

import { createHash } from 'node:crypto'

const TIME_BYTES = 6

/**
 * Made from what was named and from whose task it is to be: it keeps the time of the id, and so its
 * place in the order, and nothing else. Nobody can name the id of somebody else's task, and so find
 * out whether there is one.
 */
export function ownId(named: string, userId: string): string {
  const bytes = Buffer.from(named.replaceAll('-', ''), 'hex')
  const own = createHash('sha256').update(bytes).update(userId).digest()
  bytes.copy(own, 0, 0, TIME_BYTES)
  // Version 7 and the variant, as RFC 9562 has them.
  own[6] = ((own[6] ?? 0) & 0x0f) | 0x70
  own[8] = ((own[8] ?? 0) & 0x3f) | 0x80
  const hex = own.toString('hex', 0, bytes.length)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
