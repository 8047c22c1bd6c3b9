// What holds for every JSON Web Token that somebody shows, before anything in it is believed
// (RFC 8725): its size, its form, and that it says nothing twice.

import { AppError } from '#lib/errors.ts'
import { explainJson } from '#lib/json-text.ts'

/** Longer ones are refused before anything of them is read. */
export const TOKEN_CHARACTERS_MAX = 8_192

/** A token taken apart, of which nothing has been verified yet. */
export type Unverified = {
  header: Readonly<Record<string, unknown>>
  claims: Readonly<Record<string, unknown>>
}

const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/

// Each names a key, or where to fetch one: whoever shows a token does not choose what verifies it.
const KEY_PARAMETERS = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip'] as const

/** @throws AppError `invalid_token`. */
export function takeApart(token: string): Unverified {
  if (token.length > TOKEN_CHARACTERS_MAX) throw invalidToken('is too long')
  if (!FORM.test(token)) throw invalidToken('has not the form of one')
  const [header = '', claims = '', signature = ''] = token.split('.')
  bytesOf(signature)
  const unverified = { header: objectOf(header), claims: objectOf(claims) }
  const chosen = KEY_PARAMETERS.find(name => Object.hasOwn(unverified.header, name))
  if (chosen) throw invalidToken(`has a header that is not accepted (${chosen})`)
  return unverified
}

function objectOf(part: string): Record<string, unknown> {
  const text = bytesOf(part).toString('utf8')
  // Of names given twice every reader picks another one.
  const problem = explainJson(text)
  if (problem) throw invalidToken('holds no JSON, or a name twice')
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidToken('holds something that is no object')
  return value as Record<string, unknown>
}

// The same bytes can be written in several ways; a token is accepted in one of them only.
function bytesOf(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (bytes.toString('base64url') !== part) throw invalidToken('is cut or padded')
  return bytes
}

/** Says no more than that: what exactly was wrong helps only who tries. */
export const invalidToken = (what: string, cause?: unknown): AppError =>
  new AppError('invalid_token', `The token ${what}.`, cause === undefined ? {} : { cause })

export const expiredToken = (): AppError =>
  new AppError('token_expired', 'The token has expired; refresh it, or sign in again.')
