// Goes through the chain from its beginning, compares it with the entries that are there, and names
// the first thing that is wrong. Reads, and writes nothing.

import type { Database } from '../postgres/database.ts'
import { type Anchor, anchorText } from './anchors.ts'
import { byIndex } from './by-index.ts'
import { comparePlaces, type Link } from './chain.ts'
import { checkSeals } from './check-seals.ts'
import { compareLinks, describe, type Found } from './compare.ts'
import { hex, type HeadKeys } from './heads.ts'
import { createKept, type KeptHead } from './kept-heads.ts'
import { readTip, readWaiting, type Seal, START, type Tip } from './seals-table.ts'
import type { Problem, Verdict } from './verdict.ts'
import {
  endOfEra,
  firstEntry,
  readAnchor,
  readEntryLinks,
  readSeals,
  standsElsewhere,
  type Stretch,
  stoodElsewhere,
} from './verify-table.ts'

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  keys: HeadKeys
  /** Kept elsewhere, such as in logs. */
  heads?: readonly KeptHead[]
  /** Told from time to time. */
  tell?(progress: { entries: number; of: number }): void
  signal: AbortSignal
  /** Seals that are read at once. */
  pageSeals?: number
}

const ATTEMPTS_MAX = 3

export async function verifyAudit(needs: Needs): Promise<Verdict> {
  const on = needs.database.on(needs.signal)
  for (let attempt = 1; ; attempt++) {
    const anchor = await readAnchor(on)
    const verdict = await verifyFrom(needs, anchor)
    if (!verdict.problem || attempt === ATTEMPTS_MAX) return verdict
    // Entries that are pruned while they are looked at are missing for a reason.
    const later = await readAnchor(on)
    if (later?.prunedBeforeMs === anchor?.prunedBeforeMs) return verdict
  }
}

async function verifyFrom(needs: Needs, anchor: Anchor | undefined): Promise<Verdict> {
  const { database, keys, heads = [], tell = () => undefined, signal, pageSeals = 50 } = needs
  const on = database.on(signal)
  const kept = createKept({ heads, keys })
  const prunedBeforeMs = anchor?.prunedBeforeMs ?? Number.NEGATIVE_INFINITY
  let tip: Tip = anchor ?? START
  let [seals, entries, unknownKeys] = [0, 0, 0]
  let isVouchedFor = true

  const problem = (await checkStart()) ?? (await walk()) ?? checkEnd()
  const waiting = await byIndex(database, signal, tx => readWaiting(tx, tip))
  return {
    problem: problem ?? null,
    seals,
    entries,
    total: tip.total,
    last_seal: tip.number,
    hash: hex(tip.hash),
    unsealed: waiting.entries,
    anchor: anchor
      ? { seal: anchor.number, pruned_before: new Date(anchor.prunedBeforeMs).toISOString() }
      : null,
    unknown_keys: unknownKeys,
    heads_compared: heads.length - prunedHeads(),
    heads_pruned: prunedHeads(),
  }

  async function checkStart(): Promise<Problem | undefined> {
    const given = kept.altered()
    if (given || !anchor) return given
    const { number } = anchor
    const checked = keys.check(anchorText(anchor), anchor)
    if (checked === 'bad')
      return {
        kind: 'anchor_altered',
        seal: number,
        entry: null,
        says: 'The anchor that pruning left has been altered: its signature does not fit.',
      }
    noteKey(checked === 'good')
    const stray =
      (tip.era > 0 ? await firstOf({ upTo: tip.eraSeq }) : undefined) ??
      (await firstOf({ to: tip, above: floorOf(tip) }))
    return stray ? describe({ kind: 'inserted', link: stray }, number) : kept.check(anchor)
  }

  async function walk(): Promise<Problem | undefined> {
    const { number: last, total: of } = await readTip(on)
    while (tip.number < last) {
      signal.throwIfAborted()
      const page = await readSeals(on, { after: tip.number, to: last, limit: pageSeals })
      const checked = checkSeals(page, { tip, keys, kept })
      // What precedes a bad seal comes first in the chain.
      for (const stretch of byEra(checked.good)) {
        const found = await checkEntries(stretch)
        if (found) return found
      }
      if (checked.problem) return checked.problem
      tell({ entries, of })
    }
    return undefined
  }

  async function checkEntries(stretch: readonly Seal[]): Promise<Problem | undefined> {
    const [first, end] = [stretch[0]!, stretch.at(-1)!]
    const isNewEra = first.era !== tip.era
    const stray = isNewEra
      ? await firstOf({ after: tip, above: floorOf(tip), upTo: first.eraSeq })
      : undefined
    if (stray) return describe({ kind: 'inserted', link: stray }, tip.number)
    const range = {
      after: isNewEra || tip.number === 0 ? undefined : tip,
      to: end,
      above: floorOf(first),
      upTo: await endOfEra(on, first.era),
    }
    const actual = await byIndex(database, signal, tx => readEntryLinks(tx, range))
    const sealed = Buffer.concat(stretch.map(({ links }) => links))
    const found = compareLinks({ sealed, actual, prunedBeforeMs })
    if (found) return describe(await lookAround(found), sealOf(stretch, found.link))
    stretch.forEach(pass)
    return undefined
  }

  // What an entry says is hashed apart from its place, so that one that was only moved is recognised.
  async function lookAround({ kind, link }: Found): Promise<Found> {
    const moved = await (kind === 'inserted' ? stoodElsewhere(on, link) : standsElsewhere(on, link))
    return { kind: moved ? 'reordered' : kind, link }
  }

  function firstOf(stretch: Stretch) {
    return byIndex(database, signal, tx => firstEntry(tx, stretch))
  }

  function pass(seal: Seal) {
    tip = seal
    seals++
    entries += seal.entries
    noteKey(keys.knows(seal.keyId))
  }

  function noteKey(isKnown: boolean) {
    isVouchedFor = isKnown
    if (!isKnown) unknownKeys++
  }

  // Whoever rewrites the chain can sign it with any key but ours.
  function checkEnd(): Problem | undefined {
    if (!isVouchedFor)
      return {
        kind: 'key_unknown',
        seal: tip.number,
        entry: null,
        says: `The last seal (${tip.number}) was signed with a key that does not come from the secret given here.`,
      }
    return kept.checkEnd(tip.number)
  }

  function prunedHeads(): number {
    return anchor ? kept.countUpTo(anchor.number - 1) : 0
  }
}

// Before the first era there was none: no number is too small for it.
const floorOf = ({ era, eraSeq }: Tip): number | undefined => (era === 0 ? undefined : eraSeq)

/** Stretches whose entries one server has counted. */
function byEra(seals: readonly Seal[]): Seal[][] {
  return [...Map.groupBy(seals, ({ era }) => era).values()]
}

/** The seal that holds this place, or would. */
function sealOf(stretch: readonly Seal[], link: Link): number {
  const holds = (seal: Seal) =>
    comparePlaces(link, { xid: BigInt(seal.lastXid), seq: seal.lastSeq }) <= 0
  return (stretch.find(holds) ?? stretch.at(-1)!).number
}
