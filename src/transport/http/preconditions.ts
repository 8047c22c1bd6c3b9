// ETags and the conditions that clients make with them (RFC 9110, sections 8.8.3 and 13.1).
// The tag of a resource is its version in quotes: `"3"`.

import { AppError } from '#lib/errors.ts'

/** The tag of a resource of this version. */
export const versionTag = (version: number): string => `"${version}"`

/**
 * The versions that a change may be applied to, for the service to compare in its statement.
 * Undefined: any (no `If-Match`, or `*`). None at all: the condition cannot hold, so 412.
 *
 * @throws AppError `invalid_header`.
 */
export function expectedVersions(request: Request): readonly number[] | undefined {
  const ifNoneMatch = request.headers.get('if-none-match')
  // Only `*` makes sense on a change: "not if there is one", and our changes are to what exists.
  if (ifNoneMatch !== null) {
    if (ifNoneMatch.trim() === '*') return []
    throw new AppError(
      'invalid_header',
      'If-None-Match on a change can only be `*`; use If-Match to name the version to change.',
    )
  }
  const ifMatch = request.headers.get('if-match')
  if (ifMatch === null) return undefined
  const tags = parseTags(ifMatch)
  if (!tags)
    throw new AppError('invalid_header', 'If-Match is neither `*` nor a list of quoted ETags.')
  if (tags === '*') return undefined
  // If-Match compares strongly: a weak tag never matches, nor does one that we did not make.
  return tags.flatMap(tag => (/^"\d{1,15}"$/.test(tag) ? [Number(tag.slice(1, -1))] : []))
}

/** Whether `If-None-Match` names this tag; compares weakly, and takes what is malformed as absent. */
export function isKnownTag(ifNoneMatch: string, tag: string): boolean {
  if (ifNoneMatch === tag) return true
  const tags = parseTags(ifNoneMatch)
  if (!tags) return false
  return tags === '*' || tags.some(known => opaque(known) === opaque(tag))
}

const opaque = (tag: string): string => (tag.startsWith('W/') ? tag.slice(2) : tag)

/** `*`, the tags as written, or undefined where the text is neither. */
export function parseTags(text: string): '*' | readonly string[] | undefined {
  if (text.trim() === '*') return '*'
  const tags: string[] = []
  const next = /[\t ,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[\t ]*(?=,|$)/y
  while (next.lastIndex < text.length) {
    const match = next.exec(text)
    if (!match)
      return /^[\t ,]+$/.test(text.slice(lastEnd(tags, text))) && tags.length > 0 ? tags : undefined
    tags.push(match[1]!)
  }
  return tags.length > 0 ? tags : undefined
}

// A list may end in commas; a failed match has put the expression back to the start.
const lastEnd = (tags: readonly string[], text: string): number =>
  tags.length === 0 ? 0 : text.lastIndexOf(tags.at(-1)!) + tags.at(-1)!.length
