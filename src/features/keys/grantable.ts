// Nobody gives a key more than they have themselves.

import type { Caller } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import type { ApiKey } from './model.ts'

type Grant = {
  scopes: readonly ApiKey['scopes'][number][]
  /** Null is without an end; left out, it is not about that. */
  expiresAt?: string | null
  /** The key that asks, where a key asks. */
  maker: Pick<ApiKey, 'expires_at'> | undefined
}

/** @throws AppError `forbidden`. */
export function requireGrantable(caller: Caller, { scopes, expiresAt, maker }: Grant): void {
  const beyond = scopes.filter(scope => caller.scopes !== 'all' && !caller.scopes.includes(scope))
  if (beyond.length > 0)
    throw new AppError('forbidden', `You cannot give a scope that you lack: ${beyond.join(', ')}.`)
  const endsAt = maker?.expires_at ?? null
  if (endsAt === null || expiresAt === undefined) return
  if (expiresAt !== null && Date.parse(expiresAt) <= Date.parse(endsAt)) return
  throw new AppError('forbidden', `A key gives none that outlasts itself (${endsAt}).`)
}
