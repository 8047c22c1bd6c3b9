// The two servers of a comparison, on one PostgreSQL with the same rows: the compiled Zerg and a bare one.

import { join } from 'node:path'
import postgres from 'postgres'
import { createDatabase } from '../../tests/support/postgres.ts'
import { startZerg } from '../lab/zerg.ts'

const root = join(import.meta.dir, '../..')
const POOL_MAX = 10
const ROWS = 200

export async function openBench() {
  const database = await createDatabase({ version: '18' })
  const { url } = database
  const taskId = await fill(url)
  const zerg = await startZerg({
    env: { DATABASE_URL: url, ZERG_DATABASE_POOL_MAX: String(POOL_MAX) },
  })
  const bare = await startBare(url)
  return { taskId, zerg, bare, close }

  async function close() {
    await zerg.stop()
    await bare.stop()
    await database.drop()
  }
}

async function fill(url: string): Promise<string> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql`
    insert into tasks (id, title, description, owner_id, created_at)
    select gen_random_uuid(), 'Benchmark Task', 'Load testing ' || n,
      '00000000-0000-7000-8000-000000000001', now() - n * interval '1 second'
    from generate_series(1, ${ROWS}) n
  `
  const [task] = await sql<{ id: string }[]>`select id from tasks limit 1`
  await sql`analyze tasks`
  await sql.end()
  return task!.id
}

async function startBare(url: string) {
  const child = Bun.spawn(
    [process.execPath, join(root, 'bench/costs/bare.ts'), url, String(POOL_MAX)],
    { stdout: 'pipe', stderr: 'inherit' },
  )
  const { value } = await child.stdout.getReader().read()
  const port = Number(new TextDecoder().decode(value))
  const stop = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  return { pid: child.pid, url: `http://127.0.0.1:${port}`, stop }
}
