// Opaque tokens of our own making: `zerg_key_` for API keys, `zerg_op_` for the command line beside a
// running instance. The prefix is what secret scanners look for, the checksum at the end tells one
// that was cut or mistyped from a real one without asking anybody.

import { createHash, randomBytes } from 'node:crypto'

export const TOKEN_KINDS = ['key', 'op'] as const

export type TokenKind = (typeof TOKEN_KINDS)[number]

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const BASE = ALPHABET.length
// 30 characters of base 62 are 178 bits.
const RANDOM_CHARACTERS = 30
const CHECKSUM_CHARACTERS = 6

/** What a token of ours looks like, for scanners and for masks. */
export const TOKEN_PATTERN = String.raw`zerg_(?:key|op)_[0-9A-Za-z]{36}`

const TOKEN = new RegExp(String.raw`^zerg_(key|op)_[0-9A-Za-z]{36}$`)

export function newToken(kind: TokenKind): string {
  const body = `zerg_${kind}_${randomText(RANDOM_CHARACTERS)}`
  return body + checksumOf(body)
}

/** Undefined where the text is no token of ours, or its checksum says that it is not whole. */
export function tokenKindOf(text: string): TokenKind | undefined {
  const kind = TOKEN.exec(text)?.[1] as TokenKind | undefined
  const end = text.length - CHECKSUM_CHARACTERS
  return kind !== undefined && checksumOf(text.slice(0, end)) === text.slice(end) ? kind : undefined
}

/** Whether the text says that it is a token of ours, whole or not. */
export const claimsToken = (text: string, kind: TokenKind): boolean =>
  text.startsWith(`zerg_${kind}_`)

/** What may be shown of a token, to tell it from others: its beginning. */
export const tokenPrefix = (token: string): string => token.slice(0, token.indexOf('_', 5) + 5)

/** What is kept of a token. So much chance needs no slow hash: there is nothing to guess. */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

function randomText(length: number): string {
  let text = ''
  while (text.length < length)
    for (const byte of randomBytes(length)) {
      // What is above the largest multiple would make the first letters likelier.
      if (byte < 256 - (256 % BASE) && text.length < length) text += ALPHABET[byte % BASE]
    }
  return text
}

function checksumOf(body: string): string {
  let rest = Bun.hash.crc32(body)
  let text = ''
  for (let at = 0; at < CHECKSUM_CHARACTERS; at++) {
    text = ALPHABET[rest % BASE] + text
    rest = Math.floor(rest / BASE)
  }
  return text
}
