// Forgets entries that are old enough, month by month, and leaves an anchor, from which the rest of
// the chain still verifies. For the role that owns the tables; whoever serves cannot.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '#lib/call.ts'
import { codeOf } from '../postgres/errors.ts'
import { isAppError } from '#lib/errors.ts'
import type { Database, Tx } from '../postgres/database.ts'
import { DatabaseFailure } from '../postgres/failure.ts'
import { anchorText } from './anchors.ts'
import type { HeadKeys } from './heads.ts'
import * as table from './prune-table.ts'
import { record } from './record.ts'
import { readTip, START, type Tip } from './seals-table.ts'

type Needs = {
  database: Pick<Database, 'transaction'>
  keys: HeadKeys
  call: Call
  /** Whole months before this moment go. */
  before: Date
  dryRun?: boolean
  /** How long readers and writers are waited for. */
  patienceMs?: number
}

export type Pruned = {
  /** The beginning of the first month that stays. */
  pruned_before: string
  partitions: string[]
  entries: number
  seals: number
}

/** @throws DatabaseFailure which says what is in the way. */
export async function pruneAudit(needs: Needs): Promise<Pruned> {
  const { patienceMs = 60_000 } = needs
  const endsAtMs = performance.now() + patienceMs
  for (;;) {
    try {
      return await needs.database.transaction(needs.call.signal, tx => pruneWithin(tx, needs))
    } catch (error) {
      // Whoever waits for a table's lock makes everybody wait who comes later: step aside instead.
      if (!isBusy(error) || performance.now() > endsAtMs) throw explain(error)
      await sleep(200 + Math.random() * 800)
    }
  }
}

async function pruneWithin(tx: Tx, { keys, call, before, dryRun = false }: Needs) {
  await table.prepare(tx)
  const boundary = monthOf(before < new Date() ? before : new Date())
  await requireSealed(tx, boundary)
  const last = await table.lastSealBefore(tx, boundary)
  const pruned: Pruned = {
    pruned_before: boundary.toISOString(),
    partitions: await table.partitionsBefore(tx, boundary),
    entries: await table.countBefore(tx, boundary),
    seals: last ? await table.countSeals(tx, last.number) : 0,
  }
  if (dryRun || pruned.entries + pruned.seals + pruned.partitions.length === 0) return pruned
  const tip = last ?? (await table.latestAnchor(tx)) ?? START
  await leaveAnchor(tx, keys, { tip, boundary })
  for (const partition of pruned.partitions) await table.drop(tx, partition)
  await table.removeFromDefault(tx, boundary)
  if (last) await table.removeSeals(tx, last.number)
  const after = { ...pruned, seal: last?.number ?? null }
  const entry = { action: 'audit.prune', kind: 'audit_log', id: null, outcome: 'done' } as const
  await record(tx, call, { ...entry, after })
  return pruned
}

async function requireSealed(tx: Tx, boundary: Date) {
  const unsealed = await table.countUnsealed(tx, await readTip(tx), boundary)
  if (unsealed > 0) throw notSealed(unsealed)
}

async function leaveAnchor(
  tx: Tx,
  keys: HeadKeys,
  { tip, boundary }: { tip: Tip; boundary: Date },
) {
  const anchor = { ...tip, prunedBeforeMs: boundary.getTime() }
  await table.insertAnchor(tx, { ...anchor, ...keys.sign(anchorText(anchor)) })
}

const monthOf = (moment: Date): Date =>
  new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth()))

const isBusy = (error: unknown): boolean =>
  isAppError(error, 'database_busy') || codeOf(error) === '55P03'

const notSealed = (unsealed: number) =>
  new DatabaseFailure(
    `${unsealed} entries that are old enough are not sealed yet, so that they would go without a trace.`,
    'Run a server on this database for some seconds, which seals them, and repeat.',
  )

function explain(error: unknown): unknown {
  if (isBusy(error))
    return new DatabaseFailure(
      'The audit log was in use all the time; nothing was pruned.',
      'Repeat it when less is going on, or end the transaction that has been open for long.',
      error,
    )
  if (codeOf(error) !== '42501') return error
  return new DatabaseFailure(
    'This user of the database may not prune: the audit log is append-only for whoever serves.',
    'Name the role that migrates: zerg audit prune --database-url postgres://owner@….',
    error,
  )
}
