// Kinds of setting about who may come in: lifetimes, signing keys, and the company's own identity provider.

import { isIP } from 'node:net'
import { ROLES, type Role } from '#lib/caller.ts'
import { formatDuration, parseDuration } from '#lib/duration.ts'
import { define, partsOf } from './kinds.ts'

const HOUR_MS = 3_600_000
const LIFETIME_MAX_MS = 366 * 24 * HOUR_MS

/** How long something is good for. Unlike a `duration` no timer waits for it, so it may be long. */
export const lifetime = define<number>({
  expects: 'a duration such as 15m, 12h or 720h, from 1s to 8784h (a year)',
  parse: raw => {
    const ms = parseDuration(raw)
    return ms !== undefined && ms >= 1_000 && ms <= LIFETIME_MAX_MS ? ms : undefined
  },
  show: formatDuration,
  jsonSchema: { type: ['string', 'integer'], pattern: String.raw`^\d+(\.\d+)?(ms|s|m|h)$` },
})

const PEM = /^-----BEGIN PRIVATE KEY-----[\sA-Za-z\d+/=]+-----END PRIVATE KEY-----\s*$/

/** An Ed25519 private key; whether it is one is found out when it is read. */
export const signingKey = define<string | undefined>({
  expects: 'an Ed25519 private key, as PKCS#8 (PEM) or as a JWK',
  parse: raw => (PEM.test(raw) || isJsonObject(raw) ? raw : undefined),
  mask: () => '***',
  complaint: () => ({
    reason: 'is neither a private key in PKCS#8 (PEM) nor a JWK',
    fix: 'Make one with `openssl genpkey -algorithm ed25519`, and hand it over by ZERG_SIGNING_KEY_FILE.',
  }),
  show: value => value ?? '',
  jsonSchema: { type: 'string' },
  whenEmpty: { value: undefined },
})

/** Where something is fetched from: over TLS, or from this machine. */
export const secureUrl = define<string | undefined>({
  expects: 'a URL such as https://login.example.com/keys (http only for this machine)',
  parse: raw => {
    const url = URL.parse(raw)
    if (!url || url.username !== '' || url.password !== '' || url.hash !== '') return undefined
    return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
      ? raw
      : undefined
  },
  show: value => value ?? '',
  jsonSchema: { type: 'string', format: 'uri' },
  whenEmpty: { value: undefined },
})

/** What the provider calls people who have a role here. */
export type RoleMapping = { readonly theirs: string; readonly role: Role }

export const roleMappings = define<readonly RoleMapping[]>({
  expects: 'one or more of <name at the provider>=user, …=auditor and …=admin, separated by commas',
  parse: raw => {
    const parsed = partsOf(raw).map(parseMapping)
    return parsed.every(entry => entry !== undefined) ? parsed : undefined
  },
  show: value => value.map(({ theirs, role }) => `${theirs}=${role}`).join(','),
  jsonSchema: { type: ['string', 'array'], items: { type: 'string' } },
  whenEmpty: { value: [] },
})

// Names of groups may hold the sign itself.
function parseMapping(text: string): RoleMapping | undefined {
  const at = text.lastIndexOf('=')
  const theirs = text.slice(0, at).trim()
  const role = ROLES.find(role => role === text.slice(at + 1).trim())
  return at > 0 && theirs !== '' && role !== undefined ? { theirs, role } : undefined
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
