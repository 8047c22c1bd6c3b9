// Chains entries after the fact, so that whoever writes them never waits for anybody else's.

import type { Log } from '../observability/log.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Database } from '../postgres/database.ts'
import { byIndex } from './by-index.ts'
import { extend, readLinks, LINK_BYTES } from './chain.ts'
import { formatHead, type HeadKeys, headText } from './heads.ts'
import {
  insertSeal,
  lastOfEarlierEra,
  readReady,
  readTip,
  type Ready,
  type Seal,
  type Tip,
} from './seals-table.ts'

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  keys: HeadKeys
  log: Log
  metrics: Metrics
  /** Entries in one seal at most. */
  batchMax?: number
}

export type Sealer = ReturnType<typeof createSealer>

export function createSealer({ database, keys, log, metrics, batchMax = 2_000 }: Needs) {
  let tip: Tip | undefined

  return { seal }

  /** Seals whatever can be sealed by now; resolves with the number of entries. */
  async function seal(signal: AbortSignal): Promise<number> {
    const on = database.on(signal)
    let entries = 0
    for (;;) {
      signal.throwIfAborted()
      tip ??= await readTip(on)
      const ready = await nextOf(tip, signal)
      if (!ready) return entries
      const made = sealOf(tip, ready)
      // Somebody else sealed meanwhile: we go on from there.
      if (!(await insertSeal(on, made))) {
        tip = undefined
        continue
      }
      tip = made
      entries += made.entries
      tell(made)
    }
  }

  async function nextOf(from: Tip, signal: AbortSignal) {
    const ready = await read(from, signal)
    if (isSome(ready)) return ready
    if (BigInt(ready.horizon) > BigInt(from.lastXid)) return undefined
    return await acrossEras(from, ready.horizon, signal)
  }

  // The chain has transactions that this server has yet to reach: the database was restored on
  // another. What came along unsealed is sealed as it is, since nothing of it can be open; then a new
  // era begins.
  async function acrossEras(from: Tip, horizon: string, signal: AbortSignal) {
    const left = await read(from, signal, true)
    if (isSome(left)) return left
    const eraSeq = await lastOfEarlierEra(database.on(signal), horizon)
    tip = { ...from, era: from.era + 1, eraSeq, lastXid: '0', lastSeq: 0 }
    log.warn({ era: tip.era, after_entry: eraSeq }, 'audit_era_began')
    const ready = await read(tip, signal)
    return isSome(ready) ? ready : undefined
  }

  function read(from: Tip, signal: AbortSignal, evenIfOpen = false) {
    return byIndex(database, signal, on => readReady(on, from, { limit: batchMax, evenIfOpen }))
  }

  function sealOf(before: Tip, ready: Filled): Seal {
    const [last] = readLinks(ready.links.subarray(-LINK_BYTES))
    const head = {
      number: before.number + 1,
      total: before.total + ready.entries,
      sealedAtMs: ready.now_ms,
      hash: extend(before.hash, ready.links),
    }
    return {
      ...head,
      ...keys.sign(headText(head)),
      era: before.era,
      eraSeq: before.eraSeq,
      lastXid: String(last!.xid),
      lastSeq: last!.seq,
      lastAt: ready.last_at,
      entries: ready.entries,
      links: ready.links,
    }
  }

  // Outside the database: a chain that is rewritten in there no longer leads through this head.
  function tell(seal: Seal) {
    metrics.audit.sealed.inc(seal.entries)
    const { number, entries, total } = seal
    log.info({ seal: number, entries, total, head: formatHead(seal, seal) }, 'audit_sealed')
  }
}

type Filled = Ready & { links: Uint8Array; last_at: string }

const isSome = (ready: Ready): ready is Filled => ready.entries > 0
