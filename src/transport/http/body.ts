// The body of a request, as the JSON value that it is. What it means is for the feature to say.

import { AppError } from '#lib/errors.ts'
import { formatSize } from '#lib/duration.ts'
import { exchangeOf } from './exchange.ts'
import type { Exchange } from './exchange.ts'
import { explainJson } from '#lib/json-text.ts'

/** What PATCH takes beside plain JSON (RFC 7396). */
export const MERGE_PATCH = ['application/json', 'application/merge-patch+json'] as const
const PLAIN = ['application/json'] as const

// `ignoreBOM: false` drops a byte order mark, which RFC 8259 lets a reader do.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * Reads the whole body as JSON.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large`, `malformed_json`, or the call's own
 *   reason when its deadline passes before the body has come.
 */
export async function readJson(
  request: Request,
  of: { types?: readonly string[]; maxBytes?: number } = {},
): Promise<unknown> {
  const exchange = exchangeOf(request)
  requireType(request, of.types ?? PLAIN)
  const bytes = await readBytes(exchange, of.maxBytes ?? exchange.house.bodyMaxBytes)
  exchange.bytesIn = bytes.byteLength
  const text = decode(bytes)
  const problem = explainJson(text)
  if (problem) throw new AppError('malformed_json', problem)
  return JSON.parse(text) as unknown
}

function requireType(request: Request, types: readonly string[]): void {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    throw new AppError('unsupported_media_type', 'A body with a Content-Encoding is not read.')
  const declared = request.headers.get('content-type')
  if (declared !== null && types.includes(declared)) return
  const [type, ...parameters] = (declared ?? '').split(';').map(part => part.trim().toLowerCase())
  const charset = parameters.find(part => part.startsWith('charset='))
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))
    throw new AppError('unsupported_media_type', 'JSON is read as UTF-8 only.')
  if (types.includes(type ?? '')) return
  const given =
    type === '' ? 'The request has no Content-Type' : 'The Content-Type is not supported'
  throw new AppError('unsupported_media_type', `${given}; this route reads ${types.join(' and ')}.`)
}

async function readBytes(exchange: Exchange, maxBytes: number): Promise<Uint8Array> {
  const { request, call } = exchange
  const declared = request.headers.get('content-length')
  if (declared !== null && Number(declared) > maxBytes) throw tooLarge(maxBytes)
  if (!request.body) return new Uint8Array()

  const reader = request.body.getReader()
  exchange.isReading = true
  const cancel = () => void reader.cancel().catch(() => {})
  call.signal.addEventListener('abort', cancel, { once: true })
  try {
    return await gather(reader, maxBytes)
  } catch (thrown) {
    cancel()
    throw thrown instanceof AppError ? thrown : brokenOff(thrown)
  } finally {
    exchange.isReading = false
    call.signal.removeEventListener('abort', cancel)
    call.signal.throwIfAborted()
  }
}

async function gather(
  reader: { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> },
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (!part.value) continue
    length += part.value.byteLength
    if (length > maxBytes) throw tooLarge(maxBytes)
    chunks.push(part.value)
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)
}

const brokenOff = (cause: unknown) =>
  new AppError('client_closed_request', 'The body broke off.', { cause })

const tooLarge = (maxBytes: number) =>
  new AppError('payload_too_large', `The body is larger than ${formatSize(maxBytes)}.`)

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (thrown) {
    throw new AppError('malformed_json', 'The body is not valid UTF-8.', { cause: thrown })
  }
}
