// Zerg itself as the server under trial, on a PostgreSQL that is migrated already.

import postgres from 'postgres'
import type { Target } from './shutdown-trial.ts'

type Wanted = {
  /** The executable. */
  zerg: string
  databaseUrl: string
  env?: Readonly<Record<string, string>>
}

export function zergTarget({ zerg, databaseUrl, env = {} }: Wanted): Target {
  return {
    command: [zerg, 'serve'],
    env: (port, host) => ({
      HOST: host,
      PORT: String(port),
      ZERG_OPS_PORT: '0',
      ZERG_GRPC_PORT: '0',
      DATABASE_URL: databaseUrl,
      LOG_LEVEL: 'info',
      ZERG_LOG_FORMAT: 'json',
      ...env,
    }),
    paths: { GET: '/api/v1/tasks?limit=1', POST: '/api/v1/tasks' },
    kept: () => titlesIn(databaseUrl),
  }
}

/** Every title in the table, as often as it is there. */
async function titlesIn(databaseUrl: string): Promise<string[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined })
  try {
    const rows = await sql<{ title: string }[]>`select title from tasks`
    return rows.map(({ title }) => title)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
