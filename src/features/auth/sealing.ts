// Seals what is kept in the database and not for its eyes: AES-256-GCM by a key derived from the
// master secret, bound to the name of what it is. Nobody who can only write there can make a seal.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Deriver, Secrets } from '#platform/secrets/index.ts'

export type Sealing = ReturnType<typeof createSealing>

const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

export function createSealing(secrets: Secrets, purpose: string) {
  const keyOf = (deriver: Deriver) => deriver.derive(purpose, 32)
  const key = keyOf(secrets)
  // What was sealed before the master secret changed is still opened.
  const keys = secrets.previous ? [key, keyOf(secrets.previous)] : [key]

  return { seal, open }

  function seal(text: string, name: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(name))
    const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), content])
  }

  /** Undefined where it was sealed by another secret, under another name, or is damaged. */
  function open(sealed: Uint8Array, name: string): string | undefined {
    for (const key of keys) {
      const text = tryOpen(Buffer.from(sealed), { key, name })
      if (text !== undefined) return text
    }
    return undefined
  }
}

function tryOpen(sealed: Buffer, { key, name }: { key: Uint8Array; name: string }) {
  if (sealed.length <= NONCE_BYTES + TAG_BYTES) return undefined
  try {
    const nonce = sealed.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(name))
      .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    const content = decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES))
    return Buffer.concat([content, decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
