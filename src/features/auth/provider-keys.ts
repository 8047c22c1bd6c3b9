// The public keys of the company's identity provider. They are fetched when they are first needed
// and again from time to time; while the provider is down those that are known go on serving.

import { createLocalJWKSet, type JWK } from 'jose'
import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import type { Log } from '#platform/observability/log.ts'

export type ProviderKeys = ReturnType<typeof createProviderKeys>

type Needs = {
  url: string
  clock: Clock
  log: Log
  fetch?: (url: string, init: RequestInit) => Promise<Response>
}

type KeySet = ReturnType<typeof createLocalJWKSet>
type Known = { set: KeySet; ids: ReadonlySet<string>; fetchedAtMs: number }

const FETCH_MAX_MS = 3_000
const BODY_MAX_BYTES = 262_144
const KEYS_MAX = 100
/** Looked at anew after this, without anybody having to wait for it. */
const FRESH_MS = 10 * 60_000
/** Not relied upon after this: so long may the provider be gone. */
const STALE_MS = 24 * 3_600_000
// An id that nobody knows, or a provider that is down, is no reason to ask more often.
const PAUSE_MS = 10_000

export function createProviderKeys({ url, clock, log, fetch: get = fetch }: Needs) {
  let known: Known | undefined
  let triedAtMs = -Infinity
  let fetching: Promise<void> | undefined

  return { keyFor }

  /**
   * The key set, which has this key if anybody has it.
   *
   * @throws AppError `identity_provider_unavailable` where no keys are known that are recent enough.
   */
  async function keyFor(id: string): Promise<KeySet> {
    const ageMs = known ? clock.elapsedMs() - known.fetchedAtMs : Infinity
    if (ageMs > STALE_MS || !known?.ids.has(id)) await fetchAgain()
    else if (ageMs > FRESH_MS) void fetchAgain()
    if (known && clock.elapsedMs() - known.fetchedAtMs <= STALE_MS) return known.set
    throw new AppError(
      'identity_provider_unavailable',
      'The keys of the identity provider cannot be fetched.',
      { retryAfterS: Math.ceil(PAUSE_MS / 1_000) },
    )
  }

  // Many who ask at once ask once. What was known stays where this fails.
  function fetchAgain(): Promise<void> {
    if (fetching) return fetching
    if (clock.elapsedMs() - triedAtMs < PAUSE_MS) return Promise.resolve()
    triedAtMs = clock.elapsedMs()
    fetching = load()
      .catch((error: unknown) => log.warn({ err: error, url }, 'provider_keys_not_fetched'))
      .finally(() => {
        fetching = undefined
      })
    return fetching
  }

  async function load(): Promise<void> {
    const answer = await get(url, {
      headers: { accept: 'application/jwk-set+json, application/json' },
      // Somebody who can send us elsewhere could choose the keys.
      redirect: 'error',
      signal: AbortSignal.timeout(FETCH_MAX_MS),
    })
    if (!answer.ok) throw new Error(`The identity provider answered ${answer.status}.`)
    const keys = keysIn(await readBounded(answer))
    const ids = new Set(keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid])))
    known = { set: createLocalJWKSet({ keys }), ids, fetchedAtMs: clock.elapsedMs() }
  }
}

async function readBounded(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > BODY_MAX_BYTES) throw new Error('The identity provider sent too long a key set.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

// Shared secrets have no place in a public set, and must never verify anything.
function keysIn(text: string): JWK[] {
  const value: unknown = JSON.parse(text)
  const keys = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : []
  const usable = (Array.isArray(keys) ? keys : []).slice(0, KEYS_MAX).filter(isPublic)
  if (usable.length === 0) throw new Error('The identity provider sent no keys that can be used.')
  return usable
}

const isPublic = (key: unknown): key is JWK =>
  typeof key === 'object' &&
  key !== null &&
  'kty' in key &&
  (key.kty === 'RSA' || key.kty === 'EC' || key.kty === 'OKP') &&
  !('d' in key)
