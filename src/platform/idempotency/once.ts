// Carries a change out once, however often its client sends it: what came of it is kept under the
// client's key, in the change's own transaction, and repetitions are answered with that.
//
//     const once = createOnce({ database })
//     create: (call, task) =>
//       once(call, { action: TASKS.create.action, input: task }, on => repository.insert(on, …))
//
// `work` runs its statements on what it is handed and on nothing else: an embedded database has one
// connection, and what runs beside the transaction is not undone with it. What it resolves with has
// to survive JSON. A route that does this says `idempotency: 'kept'`; the others refuse the header.

import type { Call, Idempotency } from '#lib/call.ts'
import { NOBODY } from '#lib/caller.ts'
import { formatSize } from '#lib/duration.ts'
import { AppError } from '#lib/errors.ts'
import type { Database, Runner, Tx } from '../postgres/database.ts'
import { claim, keep } from './claims.ts'
import { type Asked, fingerprintOf } from './fingerprint.ts'

const RESULT_MAX_BYTES = 262_144

export type Once = <T>(call: Call, asked: Asked, work: (on: Runner) => Promise<T>) => Promise<T>

type Needs = { database: Pick<Database, 'on' | 'transaction'> }

/**
 * Without a key it is the work alone. With one it throws `idempotency_in_flight` while the same key
 * is at work elsewhere (it never waits for it), and `idempotency_key_reused` where the key stands for
 * something else. Work that rejects leaves nothing behind, its key included.
 */
export function createOnce({ database }: Needs): Once {
  return once

  async function once<T>(call: Call, asked: Asked, work: (on: Runner) => Promise<T>): Promise<T> {
    const { idempotency, signal } = call
    if (!idempotency) return await work(database.on(signal))
    if (call.caller.id === NOBODY) throw nobodys()
    return await database.transaction(signal, tx => onceIn(tx, { call, idempotency, asked, work }))
  }
}

type Given<T> = {
  call: Call
  idempotency: Idempotency
  asked: Asked
  work: (on: Runner) => Promise<T>
}

async function onceIn<T>(tx: Tx, { call, idempotency, asked, work }: Given<T>): Promise<T> {
  const owned = { callerId: call.caller.id, key: idempotency.key }
  const fingerprint = fingerprintOf(asked)
  const { kept, isHeld } = await claim(tx, owned)
  if (kept) {
    if (kept.fingerprint !== fingerprint) throw reused()
    idempotency.replayed = true
    // What was kept is what this very work resolved with.
    return (kept.result === null ? undefined : JSON.parse(kept.result)) as T
  }
  if (!isHeld) throw inFlight()
  const result = await work(tx)
  const text = result === undefined ? null : JSON.stringify(result)
  if (text !== null && Buffer.byteLength(text) > RESULT_MAX_BYTES) throw tooLarge()
  await keep(tx, { ...owned, fingerprint, result: text })
  return result
}

const inFlight = () =>
  new AppError('idempotency_in_flight', 'A request with this key is being carried out.', {
    retryAfterS: 1,
  })

const reused = () =>
  new AppError('idempotency_key_reused', 'This key was used for another request.')

// Strangers would share one set of keys, and be shown each other's answers.
const nobodys = () =>
  new AppError('invalid_header', 'An Idempotency-Key is taken from callers who are known only.')

const tooLarge = () =>
  new AppError(
    'payload_too_large',
    `The answer would be larger than the ${formatSize(RESULT_MAX_BYTES)} that are kept under an Idempotency-Key; nothing was done.`,
  )
