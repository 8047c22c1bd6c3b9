// Who a lab is: an administrator with a key, for whatever database it works on.

import { existsSync, readFileSync, rmSync } from 'node:fs'
import postgres from 'postgres'
import { newId } from '#lib/id.ts'
import { SCOPES } from '#lib/scope.ts'
import { hashToken, newToken, tokenPrefix } from '#lib/secret-token.ts'

const known = new Map<string, Promise<string>>()

/** The key of an administrator, one for each database; written as rows, so that no server is needed. */
export function adminKeyOf(databaseUrl: string): Promise<string> {
  const found = known.get(databaseUrl)
  if (found) return found
  const made = makeKey(databaseUrl)
  known.set(databaseUrl, made)
  made.catch(() => known.delete(databaseUrl))
  return made
}

async function makeKey(databaseUrl: string): Promise<string> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  const [userId, token] = [newId(), newToken('key')]
  try {
    await sql`insert into users (id, name, roles) values (${userId}, 'Lab', '{admin}')`
    await sql`
      insert into api_keys (id, user_id, name, prefix, hash, scopes)
      values (${newId()}, ${userId}, 'Lab', ${tokenPrefix(token)}, ${hashToken(token)},
        ${[...SCOPES]})`
    return token
  } finally {
    await sql.end()
  }
}

/** What the first start of an embedded database has left; the file goes where nobody else needs it. */
export function takeKey(file: string, { isKept }: { isKept: boolean }): string | undefined {
  if (!existsSync(file)) return undefined
  const key = readFileSync(file, 'utf8').trim()
  if (!isKept) rmSync(file)
  return key
}

/** The header that says who asks; none without a key. */
export const authorization = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` }
