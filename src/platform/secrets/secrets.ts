// The master secret, and what is derived from it. Whoever needs a key asks for one by its purpose:
// keys of different purposes tell nothing of each other, nor of the secret (HKDF, RFC 5869).

import { hkdfSync } from 'node:crypto'

export type Deriver = {
  /** Always the same bytes for the same purpose, such as `signing-keys`. */
  derive(purpose: string, bytes: number): Uint8Array
}

export type Secrets = Deriver & {
  /** The secret before the present one, while what it protected is still around. */
  previous: Deriver | undefined
}

// Not secret: it keeps what is derived here apart from what others derive from the same text.
const SALT = 'zerg master secret, version 1'

const createDeriver = (secret: string): Deriver => ({
  derive: (purpose, bytes) => new Uint8Array(hkdfSync('sha256', secret, SALT, purpose, bytes)),
})

export const createSecrets = ({
  secret,
  previous,
}: {
  secret: string
  previous?: string | undefined
}): Secrets => ({
  ...createDeriver(secret),
  previous: previous === undefined ? undefined : createDeriver(previous),
})
