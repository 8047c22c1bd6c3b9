// api and tasks in processes of their own, on the compiled executable.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { authorization } from '../../bench/lab/credentials.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { eventually } from '../support/eventually.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const json = { 'content-type': 'application/json' }
const get = ({ url, key }: Zerg, path: string) => fetch(url + path, { headers: authorization(key) })
const post = ({ url, key }: Zerg, path: string, body: unknown) =>
  fetch(url + path, {
    method: 'POST',
    headers: { ...json, ...authorization(key) },
    body: JSON.stringify(body),
  })

test('api reaches tasks over gRPC, says 503 at once without it, and finds it again', async () => {
  // The tester's own kept-alive connections need not be waited for.
  const env = { DATABASE_URL: database.url, ZERG_DRAIN_MAX: '200ms' }
  const tasks = await startZerg({ env: { ...env, ZERG_ROLES: 'tasks' } })
  const port = tasks.grpc.split(':')[1]!
  const api = await startZerg({
    env: { ...env, ZERG_ROLES: 'api', TASKS_SERVICE_ADDR: tasks.grpc },
  })
  try {
    const made = await post(api, '/api/v1/tasks', { title: 'Over the wire' })
    expect(made.status).toBe(201)
    const task = (await made.json()) as { id: string; created_at: string }
    expect(task.created_at).toMatch(/\.\d{3}Z$/)
    const invalid = await post(api, '/api/v1/tasks', { title: '', status: 'later' })
    expect(invalid.status).toBe(422)

    await tasks.stop()
    const askedMs = performance.now()
    const without = await get(api, `/api/v1/tasks/${task.id}`)
    expect(without.status).toBe(503)
    expect(without.headers.get('retry-after')).not.toBeNull()
    expect(((await without.json()) as { code: string }).code).toBe('tasks_service_unavailable')
    expect(performance.now() - askedMs).toBeLessThan(2_000)
    expect((await get(api, '/ready')).status).toBe(200)
    expect((await get(api, '/api/v1/projects')).status).toBe(200)

    const again = await startZerg({
      env: { ...env, ZERG_ROLES: 'tasks', ZERG_GRPC_PORT: port },
    })
    await eventually(
      async () => {
        expect((await get(api, `/api/v1/tasks/${task.id}`)).status).toBe(200)
      },
      { withinMs: 15_000 },
    )
    expect((await again.stop()).code).toBe(0)
  } finally {
    await api.stop()
  }
})
