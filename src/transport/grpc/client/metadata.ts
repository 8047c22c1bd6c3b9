// What a call on somebody's behalf tells the service behind: who asks, by which way they came, and
// which of their changes this is. Their own token stays here.

import { Metadata } from '@grpc/grpc-js'
import type { Call } from '#lib/call.ts'
import type { Identity } from '#lib/caller.ts'
import { forward } from '../forwarded.ts'
import { IDEMPOTENCY_KEY } from '../idempotency-key.ts'

/** The token that says for whom we ask; undefined where none can be had. */
export type Credentials = (identity: Identity) => string | Promise<string> | undefined

export async function metadataOf(
  { caller, idempotency }: Pick<Call, 'caller' | 'idempotency'>,
  credentials: Credentials,
): Promise<Metadata> {
  const metadata = new Metadata()
  const token = await credentials(caller)
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  forward(metadata, caller)
  if (idempotency) metadata.set(IDEMPOTENCY_KEY, idempotency.key)
  return metadata
}
