// One trial: Tasks instances behind an API are replaced in turn under load, and every call counts.

import postgres from 'postgres'
import { authorization } from './credentials.ts'
import { type Ended, freePort } from './spawn-zerg.ts'
import { startZerg, type Zerg } from './zerg.ts'

export type Plan = {
  databaseUrl: string
  workers: number
  replacements: number
  /** Load between two replacements, once the new instance says that it is ready. */
  betweenMs: number
  /** SIGTERM is a replacement as it should be, SIGKILL a crash. */
  signal: 'SIGTERM' | 'SIGKILL'
}

export type ReplacementTrial = {
  calls: number
  /** What failed, by what was asked and how it ended. */
  failures: Readonly<Record<string, number>>
  failed: number
  /** Answered 201, but not in the database afterwards. */
  missing: number
  /** In the database more than once. */
  doubled: number
  slowestMs: number
  stops: readonly (Ended & { tookMs: number })[]
}

/** The API runs throughout; two Tasks instances take turns to be replaced on their own ports. */
export async function runReplacementTrial(plan: Plan): Promise<ReplacementTrial> {
  const common = { DATABASE_URL: plan.databaseUrl, ZERG_DATABASE_POOL_MAX: '4' }
  const start = (port: number) =>
    startZerg({ env: { ...common, ZERG_ROLES: 'tasks', ZERG_GRPC_PORT: `${port}` } })
  const ports = [await freePort(), await freePort()]
  const instances = await Promise.all(ports.map(start))
  const addresses = ports.map(port => `127.0.0.1:${port}`).join(',')
  const api = await startZerg({
    env: { ...common, ZERG_ROLES: 'api', TASKS_SERVICE_ADDR: addresses },
  })
  const load = startLoad(api, plan.workers)
  const stops: (Ended & { tookMs: number })[] = []
  try {
    await Bun.sleep(plan.betweenMs)
    for (let count = 0; count < plan.replacements; count++) {
      const which = count % 2
      const startedMs = performance.now()
      const ended = await instances[which]!.stop(plan.signal)
      stops.push({ ...ended, tookMs: performance.now() - startedMs })
      instances[which] = await start(ports[which]!)
      await Bun.sleep(plan.betweenMs)
    }
    return { ...(await load.stop()), ...(await compare(plan.databaseUrl, load.made)), stops }
  } finally {
    await load.stop()
    await api.stop()
    for (const instance of instances) await instance.stop()
  }
}

// Each worker goes through a task's life again and again, on connections of its own.
function startLoad(api: Zerg, workers: number) {
  const over = new AbortController()
  let calls = 0
  let failed = 0
  let slowestMs = 0
  const failures: Record<string, number> = {}
  const made: string[] = []
  const working = Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)))

  return {
    made,
    stop: async () => {
      over.abort()
      await working
      return { calls, failed, failures, slowestMs }
    },
  }

  async function work(worker: number) {
    for (let round = 0; !over.signal.aborted; round++) {
      const title = `trial ${worker} ${round}`
      const created = await ask('POST', '/tasks', { body: { title } })
      if (!created) continue
      const isKept = round % 2 === 0
      if (isKept) made.push(title)
      const path = `/tasks/${created['id']}`
      await ask('GET', path)
      await ask('PATCH', path, { body: { description: 'changed' } })
      await ask('PATCH', path, { body: { status: 'done' }, version: 2 })
      await ask('GET', '/tasks?limit=5')
      // Every other one stays, to be found afterwards.
      if (!isKept) await ask('DELETE', path)
    }
  }

  async function ask(
    method: string,
    path: string,
    { body, version }: { body?: object; version?: number } = {},
  ): Promise<Record<string, unknown> | undefined> {
    const startedMs = performance.now()
    calls++
    try {
      const response = await fetch(`${api.url}/api/v1${path}`, {
        method,
        headers: {
          ...authorization(api.key),
          ...(body && { 'content-type': 'application/json' }),
          ...(version !== undefined && { 'if-match': `"${version}"` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.ok) return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
      note(`${method} ${response.status} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`)
    } catch (error) {
      note(`${method} ${String(error)}`)
    } finally {
      slowestMs = Math.max(slowestMs, performance.now() - startedMs)
    }
    return undefined
  }

  function note(failure: string) {
    failed++
    failures[failure] = (failures[failure] ?? 0) + 1
  }
}

async function compare(databaseUrl: string, made: readonly string[]) {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => {} })
  const rows = await sql<{ title: string; count: number }[]>`
    select title, count(*)::int as count from tasks where title like 'trial %' group by title`
  await sql.end()
  const counts = new Map(rows.map(({ title, count }) => [title, count]))
  return {
    missing: made.filter(title => !counts.has(title)).length,
    doubled: rows.filter(({ count }) => count > 1).length,
  }
}
