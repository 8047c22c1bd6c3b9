// Between two runs on one database.

import postgres from 'postgres'

export async function emptyTasks(databaseUrl: string): Promise<void> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  await sql`truncate tasks cascade`
  await sql.end()
}
