// Which pages of other origins may read answers (Fetch standard, section "CORS protocol").
// Decides nothing about callers: whoever asks from elsewhere than a browser is not held back by it.

import { ANSWER_HEADERS, REQUEST_HEADERS } from './docs/headers.ts'

export type CorsSettings = {
  /** `https://app.example.com`, `https://*.example.com` or `*`; checked when the settings were read. */
  origins: readonly string[]
  credentials: boolean
  maxAgeMs: number
}

export type Cors = {
  /** What every answer says, by the `Origin` of its request. */
  headersFor(origin: string | null): Readonly<Record<string, string>>
  /** What the answer to a preflight says beside that; undefined where the origin is not allowed. */
  preflightFor(origin: string, methods: readonly string[]): Record<string, string> | undefined
}

/** Those that may be sent: what the API document names, and what belongs to every request. */
export const ALLOWED_HEADERS: readonly string[] = [
  ...new Set([
    'Authorization',
    'Content-Type',
    'Idempotency-Key',
    ...Object.keys(REQUEST_HEADERS),
    'traceparent',
    'tracestate',
  ]),
]

// A page may read these without being told so.
const SAFELISTED = new Set(['Cache-Control', 'Last-Modified'])

/** Those of an answer that a page may read. */
export const EXPOSED_HEADERS: readonly string[] = [
  ...new Set([
    ...Object.keys(ANSWER_HEADERS).filter(name => !SAFELISTED.has(name)),
    'Allow',
    'Deprecation',
    'Idempotency-Replayed',
    'RateLimit',
    'RateLimit-Policy',
    'Sunset',
    'WWW-Authenticate',
  ]),
]

const VARY = { vary: 'origin' }

/** Undefined where no origin is allowed: then nothing about CORS is said at all. */
export function createCors({ origins, credentials, maxAgeMs }: CorsSettings): Cors | undefined {
  if (origins.length === 0) return undefined
  const isAny = origins.includes('*')
  const isPattern = (origin: string) => origin.includes('*')
  const exact = new Set(origins.filter(origin => !isPattern(origin)))
  const patterns = origins.filter(isPattern).map(toPattern)
  const isAllowed = (origin: string) => exact.has(origin) || patterns.some(fits => fits(origin))

  return {
    headersFor(origin) {
      if (isAny) return said('*')
      // Said of refusals too: a cache must not hand one origin's answer to another.
      if (origin === null || !isAllowed(origin)) return VARY
      return { ...said(origin), ...(credentials && CREDENTIALS), ...VARY }
    },
    preflightFor(origin, methods) {
      if (!isAny && !isAllowed(origin)) return undefined
      return {
        'access-control-allow-methods': methods.join(', '),
        'access-control-allow-headers': ALLOWED_HEADERS.join(', '),
        'access-control-max-age': String(Math.floor(maxAgeMs / 1_000)),
      }
    },
  }
}

const CREDENTIALS = { 'access-control-allow-credentials': 'true' }

const EXPOSED = EXPOSED_HEADERS.join(', ')

const said = (origin: string): Record<string, string> => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers': EXPOSED,
})

const LABELS = /^[a-z\d_-]+(?:\.[a-z\d_-]+)*$/

// The host is anchored at both ends: between the scheme and `.example.com` there are only labels.
function toPattern(pattern: string): (origin: string) => boolean {
  const star = pattern.indexOf('*')
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)]
  return origin =>
    origin.startsWith(start) &&
    origin.endsWith(end) &&
    LABELS.test(origin.slice(start.length, -end.length))
}
