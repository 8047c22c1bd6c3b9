// Answers, with every header they need, made in one go: nothing rewrites headers afterwards.

import { exchangeOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { sayLimit } from './limit-headers.ts'
import { pathOf } from './path.ts'
import { isKnownTag, versionTag } from './preconditions.ts'
import { FOR_EVERY, FOR_TLS } from './security-headers.ts'

export const JSON_TYPE = 'application/json'

type Headers = Record<string, string>

export type FileBody = string | Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array>
export type FileKind = {
  type: string
  etag?: string
  cacheControl?: string
  headers?: Readonly<Record<string, string>>
}

export type Sealed = { status: number; body: FileBody | null; headers: Headers }

/** What was asked for. `version` becomes its ETag, without one the content does; 304 where the client has it. */
export function answerRead(request: Request, value: unknown, of: { version?: number } = {}) {
  const exchange = exchangeOf(request)
  const text = JSON.stringify(value)
  const etag = of.version === undefined ? contentTag(text) : versionTag(of.version)
  return answerText(exchange, text, { etag })
}

/** A page of a list: `next_cursor` also becomes the `Link` header (RFC 8288). */
export function answerPage(request: Request, page: { next_cursor: string | null }): Response {
  const exchange = exchangeOf(request)
  const text = JSON.stringify(page)
  const headers: Headers = { etag: contentTag(text) }
  if (page.next_cursor !== null) headers['link'] = nextLink(request.url, page.next_cursor)
  return answerText(exchange, text, headers)
}

/** 201, and where the new resource is. */
export function answerCreated(
  request: Request,
  value: unknown,
  of: { location: string; version?: number },
): Response {
  const headers: Headers = { location: of.location }
  if (of.version !== undefined) headers['etag'] = versionTag(of.version)
  return seal(exchangeOf(request), { status: 201, body: JSON.stringify(value), headers })
}

/** 200 after a change; never 304, since the client asked for the change and not for a copy. */
export function answerChanged(request: Request, value: unknown, of: { version?: number } = {}) {
  const headers: Headers = of.version === undefined ? {} : { etag: versionTag(of.version) }
  return seal(exchangeOf(request), { status: 200, body: JSON.stringify(value), headers })
}

/** A state that changes by itself, such as health: never kept by anybody. */
export function answerStatus(request: Request, status: number, value: unknown): Response {
  const headers: Headers = { 'cache-control': 'no-store' }
  if (status === 503) headers['retry-after'] = '1'
  return seal(exchangeOf(request), { status, body: JSON.stringify(value), headers })
}

/** A secret, or what is about one: kept by nobody. With a `location` it was made just now: 201. */
export function answerSecret(
  request: Request,
  value: unknown,
  of: { location?: string } = {},
): Response {
  const headers: Headers = { 'cache-control': 'no-store' }
  if (of.location !== undefined) headers['location'] = of.location
  const status = of.location === undefined ? 200 : 201
  return seal(exchangeOf(request), { status, body: JSON.stringify(value), headers })
}

/** 204. */
export const answerNothing = (request: Request): Response =>
  seal(exchangeOf(request), { status: 204, body: null, headers: {} })

/**
 * What is not JSON: a page, a file, a stream. Every answer needs a body of its own, so keep the text
 * or the bytes of a file, never a Response. `etag` is quoted; `cacheControl` is `private, no-cache` unless stated.
 */
export function answerFile(request: Request, body: FileBody, of: FileKind): Response {
  const exchange = exchangeOf(request)
  const headers: Headers = {
    ...of.headers,
    'content-type': of.type,
    'cache-control': of.cacheControl ?? 'private, no-cache',
  }
  if (of.etag !== undefined) headers['etag'] = of.etag
  const known = of.etag === undefined ? null : request.headers.get('if-none-match')
  return known !== null && isKnownTag(known, headers['etag']!)
    ? seal(exchange, { status: 304, body: null, headers })
    : seal(exchange, { status: 200, body, headers })
}

// A read: with caching headers, and without its body where the client's copy is still good.
function answerText(exchange: Exchange, text: string, headers: Headers): Response {
  headers['cache-control'] = 'private, no-cache'
  const known = exchange.request.headers.get('if-none-match')
  return known !== null && isKnownTag(known, headers['etag']!)
    ? seal(exchange, { status: 304, body: null, headers })
    : seal(exchange, { status: 200, body: text, headers })
}

/** The headers, and what browsers are told; a page may say that more precisely. */
export function dressed({ isByTls, house, request }: Exchange, headers: Headers): Headers {
  const all: Headers = { ...(isByTls ? FOR_TLS : FOR_EVERY), ...headers }
  if (!house.cors) return all
  const said = house.cors.headersFor(request.headers.get('origin'))
  return { ...all, ...said, ...varies(all['vary'], said['vary']) }
}

// An answer may come here twice, since the router copies those to errors.
function varies(...given: readonly (string | undefined)[]) {
  const names = new Set(given.flatMap(text => text?.split(', ') ?? []))
  return names.size > 0 && { vary: [...names].join(', ') }
}

/** The one place where a Response of ours is made. Takes `headers` over. */
export function seal(exchange: Exchange, { status, body, headers }: Sealed): Response {
  if (body !== null) headers['content-type'] ??= JSON_TYPE
  headers['x-request-id'] = exchange.call.caller.requestId
  if (exchange.call.idempotency?.replayed) headers['idempotency-replayed'] = 'true'
  if (exchange.house.draining) headers['connection'] = 'close'
  if (exchange.limit) sayLimit(headers, exchange.limit)
  exchange.bytesOut = lengthOf(body)
  const isLong = exchange.bytesOut > AT_ONCE_MAX_BYTES && exchange.request.method !== 'HEAD'
  const response = new Response(isLong ? inOneWrite(body) : body, {
    status,
    headers: dressed(exchange, headers),
  })
  exchange.dressed = response
  return response
}

// What Bun (1.4.5) sends together with the head. A longer answer of a handler that had to wait goes
// out with a system call for every name, colon and value of its head: 180 µs for 20 kB, where a
// stream that is written at once takes 35. It is then sent in chunks instead of with its length.
const AT_ONCE_MAX_BYTES = 14_000

function inOneWrite(body: FileBody | null): FileBody | null {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return body
  return new ReadableStream({
    type: 'direct',
    pull(controller) {
      controller.write(body)
      controller.close()
    },
  })
}

// A stream's length is not known when its head is sent.
function lengthOf(body: FileBody | null): number {
  if (body === null || body instanceof ReadableStream) return 0
  if (typeof body === 'string') return Buffer.byteLength(body)
  return body instanceof Blob ? body.size : body.byteLength
}

// Weak: two representations of the same rows may differ in bytes and yet mean the same.
const contentTag = (text: string): string => `W/"${Bun.hash(text).toString(36)}"`

// Relative to the request (RFC 3986), so that it is right behind any proxy.
function nextLink(url: string, cursor: string): string {
  // The first page is what is asked for most, and taking a URL apart costs as much as ten rows.
  if (!url.includes('?')) return `<${pathOf(url)}?cursor=${encodeURIComponent(cursor)}>; rel="next"`
  const { pathname, searchParams } = new URL(url)
  searchParams.set('cursor', cursor)
  return `<${pathname}?${searchParams}>; rel="next"`
}
