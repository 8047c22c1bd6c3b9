// Heads of the chain: the hash after a seal, signed with a key that is not in the database. Whoever
// keeps one can tell later whether the chain still leads through it.

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import type { Deriver } from '../secrets/secrets.ts'

export type Head = {
  number: number
  /** Entries in the chain up to here. */
  total: number
  sealedAtMs: number
  hash: Uint8Array
}

export type Signed = { keyId: string; signature: Uint8Array }

export type HeadKeys = {
  sign(text: string): Signed
  /** `unknown`: signed with a key that does not come from the secrets at hand. */
  check(text: string, signed: Signed): 'good' | 'bad' | 'unknown'
  knows(keyId: string): boolean
}

const PURPOSE = 'audit-heads'
// RFC 8410: an Ed25519 key in PKCS #8 is this and the 32 bytes of its seed.
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const RAW_PUBLIC_BYTES = 32

/** The keys that sign and check heads; of a secret that was replaced, only to check. */
export function createHeadKeys(secrets: Deriver & { previous: Deriver | undefined }): HeadKeys {
  const current = keyOf(secrets)
  const known = new Map(
    [current, ...(secrets.previous ? [keyOf(secrets.previous)] : [])].map(key => [key.id, key]),
  )
  return {
    sign: text => ({
      keyId: current.id,
      signature: sign(null, Buffer.from(text), current.private),
    }),
    knows: keyId => known.has(keyId),
    check(text, { keyId, signature }) {
      const key = known.get(keyId)
      if (!key) return 'unknown'
      return verify(null, Buffer.from(text), key.public, signature) ? 'good' : 'bad'
    },
  }
}

/** What is signed for a head. */
export const headText = ({ number, total, sealedAtMs, hash }: Head): string =>
  ['zerg audit head 1', number, total, sealedAtMs, hex(hash)].join('\n')

/** A head in one word, as the log keeps it and `zerg audit verify --head` takes it. */
export const formatHead = (head: Head, { keyId, signature }: Signed): string =>
  [
    'h1',
    head.number,
    head.total,
    head.sealedAtMs,
    hex(head.hash),
    keyId,
    Buffer.from(signature).toString('base64url'),
  ].join('.')

const WORD = /^h1\.(\d{1,15})\.(\d{1,15})\.(\d{1,15})\.([0-9a-f]{64})\.([0-9a-f]{16})\.([\w-]{86})$/

/** Undefined where the text is no head. */
export function parseHead(text: string): (Head & Signed) | undefined {
  const parts = WORD.exec(text.trim())
  if (!parts) return undefined
  const [, number, total, sealedAtMs, hash, keyId, signature] = parts
  return {
    number: Number(number),
    total: Number(total),
    sealedAtMs: Number(sealedAtMs),
    hash: Buffer.from(hash!, 'hex'),
    keyId: keyId!,
    signature: Buffer.from(signature!, 'base64url'),
  }
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

type Key = { id: string; private: KeyObject; public: KeyObject }

function keyOf(deriver: Deriver): Key {
  const seed = deriver.derive(PURPOSE, 32)
  const key = Buffer.concat([PKCS8, seed])
  const made = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  const open = createPublicKey(made)
  const raw = open.export({ format: 'der', type: 'spki' }).subarray(-RAW_PUBLIC_BYTES)
  const id = createHash('sha256').update(raw).digest('hex').slice(0, 16)
  return { id, private: made, public: open }
}
