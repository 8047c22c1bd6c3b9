// An API key as the API tells it, and as people read it.

import { definitions } from '../../output/definitions.ts'

export type Key = {
  id: string
  user_id: string
  name: string
  prefix: string
  scopes: readonly string[]
  expires_at: string | null
  last_used_at: string | null
  revoked_at: string | null
  rotated_at: string | null
  overlap_until: string | null
  version: number
  created_at: string
}

export type KeyWithSecret = Key & { secret: string }

/** `active`, `expired` or `revoked`. */
export function stateOf({ revoked_at, expires_at }: Key, nowMs = Date.now()): string {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && Date.parse(expires_at) <= nowMs ? 'expired' : 'active'
}

export const pageOf = (key: Key): string =>
  definitions(
    [
      ['Name', key.name],
      ['State', stateOf(key)],
      ['Id', key.id],
      ['User', key.user_id],
      ['Begins with', key.prefix],
      ['Scopes', key.scopes.join(', ')],
      ['Created', key.created_at],
      ['Expires', key.expires_at ?? 'never'],
      ['Last used', key.last_used_at ?? 'never'],
      ...dated('Rotated', key.rotated_at),
      ...dated('Overlap until', key.overlap_until),
      ...dated('Revoked', key.revoked_at),
    ],
    { indent: 0 },
  )

const dated = (name: string, time: string | null): [string, string][] =>
  time === null ? [] : [[name, time]]
