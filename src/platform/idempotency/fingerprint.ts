// Whether two requests ask for the same: the order of members says nothing in JSON.

import { createHash } from 'node:crypto'

export type Asked = {
  /** What is done, such as `tasks.create`: a key is good for one thing only. */
  action: string
  /** What the client sent, and nothing that was made for this attempt (such as a new id). */
  input: unknown
}

export const fingerprintOf = ({ action, input }: Asked): string =>
  createHash('sha256')
    .update(JSON.stringify([action, canonical(input)]))
    .digest('hex')

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [name, canonical(member)] as const)
  // As a list of pairs, since an object would put names that are numbers first, and `__proto__` away.
  return { members: members.filter(([, member]) => member !== undefined).toSorted(byName) }
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) =>
  a < b ? -1 : Number(a > b)
