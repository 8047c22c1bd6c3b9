// What proxies say about whom they speak for: `Forwarded` (RFC 7239) and the older `X-Forwarded-For`,
// as a list of addresses, the one that was added last at the end.

import { plainAddress } from '#lib/address.ts'

/** Null stands for what is no address: `unknown`, a name that hides one, a slip of the pen. */
type Hops = readonly (string | null)[]

// A longer way is nobody's.
const HOPS_MAX = 32

export function xForwardedFor(header: string): Hops {
  return header
    .split(',')
    .slice(-HOPS_MAX)
    .map(part => addressIn(part.trim()))
}

// An element is a list of pairs; a value in quotes may hold what otherwise separates them.
const PART = /(?:[^",;\s]|"(?:[^"\\]|\\.)*")+|[,;\s]/y

/** Undefined where the header cannot be read: then nothing in it can be relied on. */
export function forwardedFor(header: string): Hops | undefined {
  const hops: (string | null)[] = [null]
  PART.lastIndex = 0
  while (PART.lastIndex < header.length) {
    const [part] = PART.exec(header) ?? []
    if (part === undefined) return undefined
    if (part === ',') hops.push(null)
    const value = /^for=(.*)$/i.exec(part)?.[1]
    if (value !== undefined) hops[hops.length - 1] = addressIn(unquoted(value))
  }
  return hops.slice(-HOPS_MAX)
}

const unquoted = (text: string) =>
  text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text

/** `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`. */
function addressIn(text: string): string | null {
  const bracketed = /^\[([^\]]+)\](?::\w+)?$/.exec(text)?.[1]
  if (bracketed !== undefined) return plainAddress(bracketed) ?? null
  const isBare = text.split(':').length !== 2
  return plainAddress(isBare ? text : text.slice(0, text.indexOf(':'))) ?? null
}
