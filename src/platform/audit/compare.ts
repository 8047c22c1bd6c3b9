// The links of a stretch of the chain, compared with the entries that are there: names the first that
// is not as it was sealed.

import { comparePlaces, type Link, readLinks } from './chain.ts'
import { entryIdOf } from './entry-id.ts'
import type { Problem } from './verdict.ts'

type Compared = {
  sealed: Uint8Array
  /** Of the entries between the same places, in order. */
  actual: Uint8Array
  /** Entries from before may be missing. */
  prunedBeforeMs: number
}

/** Undefined where they agree. Where they do, this costs one comparison of bytes. */
export function compareLinks(compared: Compared): Found | undefined {
  const { sealed, actual, prunedBeforeMs } = compared
  if (Buffer.compare(sealed, actual) === 0) return undefined
  const present = readLinks(actual)
  const places = new Set(present.map(placeOf))
  const expected = readLinks(sealed).filter(
    link => link.atMs >= prunedBeforeMs || places.has(placeOf(link)),
  )
  for (let index = 0; index < Math.max(expected.length, present.length); index++) {
    const found = judge(expected[index], present[index])
    if (found) return found
  }
  return undefined
}

export type Found = { kind: 'altered' | 'removed' | 'inserted' | 'reordered'; link: Link }

function judge(expected: Link | undefined, present: Link | undefined): Found | undefined {
  if (!expected) return present && { kind: 'inserted', link: present }
  if (!present) return { kind: 'removed', link: expected }
  const order = comparePlaces(expected, present)
  if (order < 0) return { kind: 'removed', link: expected }
  if (order > 0) return { kind: 'inserted', link: present }
  const same = expected.atMs === present.atMs && expected.digest === present.digest
  return same ? undefined : { kind: 'altered', link: expected }
}

const SAYS = {
  altered: 'does not say what it said when it was sealed',
  removed: 'was sealed, and is not there any more',
  inserted: 'was put between sealed ones afterwards',
  reordered: 'does not stand where it was sealed',
} as const

/** The problem with an entry, in words. */
export const describe = ({ kind, link }: Found, seal: number): Problem => {
  const at = new Date(link.atMs).toISOString()
  return {
    kind,
    seal,
    entry: { seq: link.seq, id: entryIdOf(link), at },
    says: `Entry ${link.seq} of ${at} ${SAYS[kind]}.`,
  }
}

const placeOf = ({ xid, seq }: Link) => `${xid}/${seq}`
