// An ordinary user with a key, and tasks that belong to them.

import postgres from 'postgres'
import { newId } from '#lib/id.ts'
import { SCOPES } from '#lib/scope.ts'
import { hashToken, newToken, tokenPrefix } from '#lib/secret-token.ts'

export type Asker = { userId: string; key: string; taskIds: readonly string[] }

export async function makeAsker(databaseUrl: string, tasks: number): Promise<Asker> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  const [userId, key] = [newId(), newToken('key')]
  try {
    await sql`insert into users (id, name, roles) values (${userId}, 'Bench', '{user}')`
    await sql`
      insert into api_keys (id, user_id, name, prefix, hash, scopes)
      values (${newId()}, ${userId}, 'Bench', ${tokenPrefix(key)}, ${hashToken(key)}, ${[...SCOPES]})`
    const made = await sql<{ id: string }[]>`
      insert into tasks (id, title, description, owner_id, created_at)
      select gen_random_uuid(), 'Benchmark Task', 'Load testing ' || n, ${userId},
        now() - n * interval '1 second'
      from generate_series(1, ${tasks}) n
      returning id`
    await sql`analyze tasks`
    return { userId, key, taskIds: made.map(({ id }) => id) }
  } finally {
    await sql.end()
  }
}
