// Seals by themselves: each continues the one before, leads to its head, and is signed.

import { extend, LINK_BYTES } from './chain.ts'
import { headText, hex, type HeadKeys } from './heads.ts'
import type { Kept } from './kept-heads.ts'
import type { Seal, Tip } from './seals-table.ts'
import type { Problem } from './verdict.ts'

type Given = { tip: Tip; keys: HeadKeys; kept: Kept }

/** Those that are good, up to the first that is not. */
export function checkSeals(page: readonly Seal[], { tip, keys, kept }: Given) {
  const good: Seal[] = []
  let before = tip
  for (const seal of page) {
    const problem = missing(before, seal.number) ?? kept.check(seal) ?? broken(before, seal)
    if (problem) return { good, problem }
    good.push(seal)
    before = seal
  }
  return { good, problem: page.length === 0 ? missing(before, undefined) : undefined }

  function broken(from: Tip, seal: Seal): Problem | undefined {
    if (hex(extend(from.hash, seal.links)) !== hex(seal.hash))
      return altered(seal, 'its links do not lead to its head')
    if (seal.total !== from.total + seal.entries || seal.links.length !== seal.entries * LINK_BYTES)
      return altered(seal, 'it does not count its entries right')
    if (keys.check(headText(seal), seal) === 'bad')
      return altered(seal, 'its signature does not fit what it says')
    return undefined
  }
}

const missing = ({ number }: Tip, next: number | undefined): Problem | undefined =>
  next === number + 1
    ? undefined
    : {
        kind: 'seal_missing',
        seal: number + 1,
        entry: null,
        says: `Seal ${number + 1} is missing${next === undefined ? '' : `: the next one there is ${next}`}.`,
      }

const altered = ({ number }: Seal, why: string): Problem => ({
  kind: 'seal_altered',
  seal: number,
  entry: null,
  says: `Seal ${number} has been altered, or one before it rewritten: ${why}.`,
})
