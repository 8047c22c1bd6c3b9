// One signing key: how it is made, read from the settings, kept and opened again. Ed25519 only.

import { createPrivateKey } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose'
import { StartFailure } from '#lib/start-failure.ts'
import type { Sealing } from './sealing.ts'

export const ALGORITHM = 'EdDSA'

/** As it is published (RFC 7517, RFC 8037). */
export type PublicJwk = {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
  kid: string
  use: 'sig'
  alg: typeof ALGORITHM
}

export type KeyPair = {
  id: string
  published: PublicJwk
  verifies: CryptoKey
  /** Undefined where another instance was given the key. */
  signs: CryptoKey | undefined
}

type PrivateJwk = { x: string; d?: string | undefined }

/** A new one, and what is kept of it. */
export async function makeKey(sealing: Sealing): Promise<{ id: string; sealed: Buffer }> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { crv: 'Ed25519', extractable: true })
  const { x = '', d } = await exportJWK(privateKey)
  const id = await idOf(x)
  return { id, sealed: sealing.seal(JSON.stringify({ x, d }), nameOf(id)) }
}

/** What is kept of a key that the settings hold: enough to verify by. */
export const sealedPublic = (sealing: Sealing, { id, published: { x } }: KeyPair): Buffer =>
  sealing.seal(JSON.stringify({ x }), nameOf(id))

/** Undefined where it was sealed by another master secret, or by nobody who has one. */
export async function openKey(
  sealing: Sealing,
  row: { id: string; sealed: Uint8Array },
): Promise<KeyPair | undefined> {
  const text = sealing.open(row.sealed, nameOf(row.id))
  return text === undefined ? undefined : await pairOf(JSON.parse(text) as PrivateJwk)
}

/** The key that `ZERG_SIGNING_KEY` holds. @throws StartFailure where it is another kind of key. */
export async function readGivenKey(text: string): Promise<KeyPair> {
  try {
    const jwk: JWK = text.trimStart().startsWith('{')
      ? (JSON.parse(text) as JWK)
      : createPrivateKey(text).export({ format: 'jwk' })
    const { kty, crv, x, d } = jwk
    if (kty !== 'OKP' || crv !== 'Ed25519' || !x || !d) throw new Error('not an Ed25519 key')
    return await pairOf({ x, d })
  } catch (cause) {
    throw new StartFailure('ZERG_SIGNING_KEY holds no Ed25519 private key.', {
      fix: 'Make one with `openssl genpkey -algorithm ed25519`, or leave it out to have one made and kept.',
      cause,
    })
  }
}

async function pairOf({ x, d }: PrivateJwk): Promise<KeyPair> {
  const id = await idOf(x)
  const jwk = { kty: 'OKP', crv: 'Ed25519', x } as const
  return {
    id,
    published: { ...jwk, kid: id, use: 'sig', alg: ALGORITHM },
    verifies: await importKey(jwk),
    signs: d === undefined ? undefined : await importKey({ ...jwk, d }),
  }
}

async function importKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM)
  if (key instanceof Uint8Array) throw new Error('An Ed25519 key was read as a secret.')
  return key
}

// RFC 7638: the same key has the same name everywhere.
const idOf = (x: string) => calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x })

const nameOf = (id: string) => `signing key ${id}`
