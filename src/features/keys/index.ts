// The door to API keys.

import { systemClock } from '#lib/clock.ts'
import { newId } from '#lib/id.ts'
import { record } from '#platform/audit/record.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Database, Runner } from '#platform/postgres/database.ts'
import { createAuthenticator, type Revocations } from './authenticator.ts'
import { createFirstRun } from './first-run.ts'
import { createKeyRepository } from './repository.ts'
import { createKeys } from './service.ts'
import { createTokens, type Mint } from './tokens.ts'
import { createUses } from './uses.ts'

export { KEYS, TOKENS } from './policy.ts'
export { keyRoutes } from './routes.ts'
export { tokenRoutes } from './token-routes.ts'
export type { Revocations } from './authenticator.ts'
export type { Mint } from './tokens.ts'
export type Tokens = ReturnType<typeof createTokens>
export type Keys = ReturnType<typeof createKeys>

type Needs = {
  database: Database
  revocations: Revocations & {
    /** Tells every instance, with whatever else the runner does. */
    tell(on: Runner, kind: 'key', id: string): Promise<void>
  }
  /** The longest that two secrets of one key may work side by side. */
  overlapMaxMs: number
  log: Log
  mint: Mint
}

export function openKeys({ database, revocations, overlapMaxMs, log, mint }: Needs) {
  const repository = createKeyRepository()
  const clock = systemClock
  const uses = createUses({
    write: (uses, signal) => repository.noteUses(database.on(signal), uses),
    clock,
    onLost: error => log.warn({ err: error }, 'key_uses_lost'),
  })
  const { authenticate } = createAuthenticator({
    holderOf: (hash, signal) => repository.holderOf(database.on(signal), hash),
    revocations,
    noteUse: uses.note,
    clock,
  })
  const keys = createKeys({
    database,
    repository,
    record,
    tellRevoked: (on, id) => revocations.tell(on, 'key', id),
    overlapMaxMs,
    clock,
    newId,
  })
  return {
    keys,
    tokens: createTokens({ database, repository, mint, record, clock }),
    /** What a key of that user's is good for, by its id; for tokens that it has minted. */
    scopesOf: (of: { id: string; userId: string }, signal: AbortSignal) =>
      repository.scopesOf(database.on(signal), of),
    firstRun: createFirstRun({ database, repository, record, newId }),
    /** Who shows a secret of a key. */
    authenticate,
    /** Writes when keys were last used; to be opened after the database. */
    resource: { start: () => uses, close: uses.close },
  }
}
