// Who gets more than one word from the operations port: whoever shows its token, or, where there is
// none, whoever sits at this machine. What it tells helps an attacker to find out what works.

import { timingSafeEqual } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { AppError } from '#lib/errors.ts'

export type OperationsAccess = ReturnType<typeof createOperationsAccess>

/** `address` is the other end of the socket. */
type Asked = { request: Request; address: string | null }

/** `token` is `ZERG_OPS_TOKEN`. */
export function createOperationsAccess(token: string | undefined) {
  const expected = token === undefined ? undefined : digestOf(token)

  return { isAllowed, require }

  function isAllowed({ request, address }: Asked): boolean {
    if (!expected) return isLocal(request, address)
    const shown = shownBy(request)
    return shown !== undefined && timingSafeEqual(digestOf(shown), expected)
  }

  /** @throws AppError `authentication_required` or `invalid_token`. */
  function require(asked: Asked): void {
    if (isAllowed(asked)) return
    if (!expected) throw new AppError('authentication_required', ONLY_HERE)
    throw shownBy(asked.request) === undefined
      ? new AppError('authentication_required', 'This needs the token of the operations port.')
      : new AppError('invalid_token', 'This is not the token of the operations port.')
  }
}

const ONLY_HERE =
  'Without ZERG_OPS_TOKEN this is told to the machine itself only. Set it, and send it as `Authorization: Bearer …`.'

// Digests have one length, so that comparing them says nothing about how long the token is.
const digestOf = (text: string): Uint8Array => new Bun.CryptoHasher('sha256').update(text).digest()

const shownBy = ({ headers }: Request): string | undefined =>
  /^bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1]

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']
const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

// A proxy on this machine speaks for others, and a page that has its own host name point here (DNS
// rebinding) for whoever wrote it; both come from a loopback address.
function isLocal({ headers }: Request, address: string | null): boolean {
  if (address === null || FORWARDED.some(name => headers.has(name))) return false
  const host = headers.get('host')
  return isLoopback(address) && (host === null || LOCAL_HOST.test(host))
}

const isLoopback = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
