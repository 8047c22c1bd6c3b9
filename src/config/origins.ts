// Origins of web pages (RFC 6454), as `ZERG_CORS_ORIGINS` names them: exactly, as a pattern for the
// subdomains of one host, or `*` for every page there is.

import type { Complaint } from './kinds.ts'

export const ANY_ORIGIN = '*'

const PATTERN = /^(https?:\/\/)\*\.(.+)$/

/** Why a list is refused; undefined where every part of it names an origin or a pattern. */
export function checkOrigins(parts: readonly string[]): Complaint | undefined {
  for (const part of parts) {
    const complaint = checkOrigin(part)
    if (complaint) return complaint
  }
  return parts.length > 1 && parts.includes(ANY_ORIGIN)
    ? {
        reason: 'names single origins beside *, which is all of them',
        fix: 'Keep one or the other.',
      }
    : undefined
}

function checkOrigin(text: string): Complaint | undefined {
  if (text === ANY_ORIGIN) return undefined
  if (text === 'null')
    return {
      reason: 'allows the origin null, which sandboxed frames of any page have',
      fix: 'Serve the page from a host, and name that.',
    }
  const [, scheme, host] = PATTERN.exec(text) ?? []
  return scheme === undefined ? checkExact(text) : checkPattern(`${scheme}sub.${host}`, text)
}

// What browsers send is compared as it is, so it must be written as they write it.
function checkExact(text: string): Complaint | undefined {
  const origin = text.includes('*') ? undefined : originOf(text)
  if (origin === text) return undefined
  const reason = `names "${text.slice(0, 80)}", which is not an origin as browsers send it`
  return origin === undefined
    ? {
        reason,
        fix: 'Write scheme and host, such as https://app.example.com, or https://*.example.com for every host below it.',
      }
    : { reason, fix: `Write ${origin}.` }
}

function checkPattern(example: string, text: string): Complaint | undefined {
  const { hostname = '' } = URL.parse(example) ?? {}
  const labels = hostname.split('.').slice(1)
  const isBroad = labels.length < 2 && labels[0] !== 'localhost'
  if (originOf(example) === example && !isBroad && !hostname.includes('*')) return undefined
  return {
    reason: `names "${text.slice(0, 80)}", which is not the subdomains of one host`,
    fix: 'Write * for whole labels in front, and a host of yours behind it, such as https://*.example.com.',
  }
}

const originOf = (text: string): string | undefined => {
  const url = URL.parse(text)
  return url && /^https?:$/.test(url.protocol) ? url.origin : undefined
}
