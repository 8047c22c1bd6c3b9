// The first user of a new database, and the key that they begin with: both in one transaction, so
// that there is never an administrator whom nobody can be.

import { callerOf, OPERATOR } from '#lib/caller.ts'
import type { Call } from '#lib/call.ts'
import { SCOPES } from '#lib/scope.ts'
import { hashToken, newToken, tokenPrefix } from '#lib/secret-token.ts'
import type { Entry } from '#platform/audit/record.ts'
import type { Database, Runner, Tx } from '#platform/postgres/database.ts'
import { KEYS } from './policy.ts'
import type { KeyRepository } from './repository.ts'

type Needs = {
  database: Pick<Database, 'on' | 'transaction'>
  repository: Pick<KeyRepository, 'hasAdmin' | 'isEmpty' | 'insertAdmin' | 'insert'>
  record(on: Runner, call: Call, entry: Entry): Promise<void>
  newId(): string
}

const NAME = 'Bootstrap'

export function createFirstRun({ database, repository, record, newId }: Needs) {
  return { hasAdmin, bootstrap }

  /** Whether anybody is there who may administrate. */
  async function hasAdmin(signal: AbortSignal): Promise<boolean> {
    return await repository.hasAdmin(database.on(signal))
  }

  /**
   * Makes an administrator and their key where there is no user yet. `keep` is handed the secret
   * before it counts: where it cannot be kept, nothing is made.
   */
  async function bootstrap(signal: AbortSignal, keep: (secret: string) => void): Promise<boolean> {
    const call = ownCall(signal)
    return await database.transaction(signal, async tx => {
      if (!(await repository.isEmpty(tx))) return false
      const secret = newToken('key')
      const userId = await makeAdmin(tx, call)
      const content = {
        id: newId(),
        user_id: userId,
        name: NAME,
        scopes: [...SCOPES],
        expires_at: null,
      }
      const kept = { prefix: tokenPrefix(secret), hash: hashToken(secret) }
      const { id, prefix, scopes } = await repository.insert(tx, content, kept)
      const after = { user_id: userId, name: NAME, prefix, scopes }
      await record(tx, call, {
        action: KEYS.create.action,
        kind: 'key',
        id,
        outcome: 'done',
        after,
      })
      keep(secret)
      return true
    })
  }

  async function makeAdmin(tx: Tx, call: Call): Promise<string> {
    const [id, name] = [newId(), NAME]
    await repository.insertAdmin(tx, id, name)
    const after = { name, roles: ['admin'] }
    await record(tx, call, { action: 'users.create', kind: 'user', id, outcome: 'done', after })
    return id
  }

  // Nobody asks for it but the start of the server itself.
  function ownCall(signal: AbortSignal): Call {
    const from = { via: 'cli', address: null, requestId: newId(), traceId: null } as const
    const caller = callerOf({ ...OPERATOR, kind: 'internal' }, from)
    return { caller, signal, deadlineAtMs: Infinity }
  }
}
