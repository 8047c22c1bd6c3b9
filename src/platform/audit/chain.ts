// The hash chain, without the database. Each entry has a link of 56 bytes: where it stands (xid, seq),
// when it was written, and the hash of what it says. Each link is hashed together with the hash before
// it, so that a hash stands for everything up to it.

import { createHash } from 'node:crypto'

export const LINK_BYTES = 56

/** What stands before the first link. */
export const GENESIS: Uint8Array = new Uint8Array(32)

type Place = { xid: bigint; seq: number }

export type Link = { xid: bigint; seq: number; atMs: number; digest: string }

/** The hash after all of these links; `head` is the one before them. */
export function extend(head: Uint8Array, links: Uint8Array): Uint8Array {
  let hash = head
  for (let start = 0; start < links.length; start += LINK_BYTES)
    hash = createHash('sha256')
      .update(hash)
      .update(links.subarray(start, start + LINK_BYTES))
      .digest()
  return hash
}

export function readLinks(bytes: Uint8Array): Link[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: Math.floor(bytes.length / LINK_BYTES) }, (_, index) => {
    const start = index * LINK_BYTES
    return {
      xid: view.getBigUint64(start),
      seq: Number(view.getBigInt64(start + 8)),
      atMs: Number(view.getBigInt64(start + 16)),
      digest: Buffer.from(bytes.subarray(start + 24, start + LINK_BYTES)).toString('hex'),
    }
  })
}

/** In the order of the chain. */
export const comparePlaces = (a: Place, b: Place): number =>
  a.xid === b.xid ? a.seq - b.seq : a.xid < b.xid ? -1 : 1

/**
 * SQL for an entry's link. What an entry says is hashed as the text of a JSON array, which PostgreSQL
 * writes in one way only, whatever its version and settings; so it does with jsonb within. A column
 * that comes later is appended, and only where it is not null: what is sealed keeps its hash.
 */
export const LINK = `xid8send(xid) || int8send(seq)
  || int8send((extract(epoch from at) * 1000)::bigint)
  || sha256(convert_to(json_build_array(
    caller_kind, caller_id, user_id, session_id, via, address, request_id, trace_id,
    action, kind, subject_id, project_id, outcome, reason, before, after)::text, 'UTF8'))`
