// Whether a client came by TLS: because TLS ends at us, or because a proxy that is trusted says so.

import type { AddressOf } from './arrival.ts'

export type CameByTls = (request: Request, addressOf: AddressOf) => boolean

/** Whose `X-Forwarded-Proto` and `Forwarded` are believed. */
export type IsTrusted = (address: string) => boolean

/** Headers count only when the socket's other end is trusted: anybody can send them. */
export const createCameByTls =
  (isTrusted: IsTrusted): CameByTls =>
  (request, addressOf) => {
    if (request.url.startsWith('https:')) return true
    const said = saidScheme(request.headers)
    if (said !== 'https') return false
    const address = addressOf(request)
    return address !== null && isTrusted(address)
  }

// The last element is what the proxy that we talk to has written; whoever came before it may have
// written the others.
function saidScheme(headers: Headers): string | undefined {
  const given = headers.get('x-forwarded-proto')
  if (given !== null) return given.split(',').at(-1)!.trim().toLowerCase()
  const element = headers.get('forwarded')?.split(',').at(-1)
  return element && /(?:^|;)\s*proto="?([a-z]+)"?\s*(?:;|$)/i.exec(element)?.[1]?.toLowerCase()
}
