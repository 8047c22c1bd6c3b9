// What pruning leaves in place of the seals that it removes: where the chain goes on from, and since
// when entries are there, signed like a head.

import { hex, type Signed } from './heads.ts'
import type { Tip } from './seals-table.ts'

export type Anchor = Tip & Signed & { prunedBeforeMs: number }

/** What is signed for an anchor. */
export const anchorText = (anchor: Tip & { prunedBeforeMs: number }): string =>
  [
    'zerg audit anchor 1',
    anchor.number,
    anchor.total,
    anchor.prunedBeforeMs,
    anchor.era,
    anchor.eraSeq,
    anchor.lastXid,
    anchor.lastSeq,
    hex(anchor.hash),
  ].join('\n')
