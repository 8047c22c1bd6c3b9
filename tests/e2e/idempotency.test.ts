// A change that its client has to send again, on the compiled executable.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { authorization } from '../../bench/lab/credentials.ts'
import { freePort } from '../../bench/lab/spawn-zerg.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { eventually } from '../support/eventually.ts'
import { holdCommits } from '../support/held-commits.ts'
import { createDatabase, type TestDatabase, withSql } from '../support/postgres.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
}, 30_000)
afterAll(() => database.drop())

// The tester's own kept-alive connections need not be waited for.
const impatient = { ZERG_DRAIN_MAX: '200ms' }

type Kind = {
  path: string
  body: (name: string) => object
  count: (name: string) => Promise<number>
}

const kinds: [string, Kind][] = [
  [
    'project',
    {
      path: '/api/v1/projects',
      body: name => ({ name }),
      count: name =>
        withSql(
          database.url,
          async sql => (await sql`select from projects where name = ${name}`).length,
        ),
    },
  ],
  [
    'task',
    {
      path: '/api/v1/tasks',
      body: name => ({ title: name }),
      count: name =>
        withSql(
          database.url,
          async sql => (await sql`select from tasks where title = ${name}`).length,
        ),
    },
  ],
]

// The worst moment: it is done, and nobody has been told.
test.each(kinds)(
  'a %s that was committed and never answered is not made again after kill -9',
  async (_, kind) => {
    const way = await holdCommits(database.url)
    const first = await startZerg({
      env: { ...impatient, DATABASE_URL: way.url, ZERG_DATABASE_TLS: 'disable' },
    })
    const { key } = first
    const name = crypto.randomUUID()
    way.hold()
    const lost = post(first, kind, { name, key }).then(
      answer => answer.status,
      () => 'lost',
    )
    await eventually(async () => expect(await kind.count(name)).toBe(1))
    expect(way.held()).toBe(1)
    await first.stop('SIGKILL')
    expect(await lost).toBe('lost')
    way.close()

    const second = await startZerg({ env: { ...impatient, DATABASE_URL: database.url } })
    const again = await post(second, kind, { name, key })
    expect(again.status).toBe(201)
    expect(again.headers.get('idempotency-replayed')).toBe('true')
    const made = (await again.json()) as { id: string }
    expect(again.headers.get('location')).toBe(`${kind.path}/${made.id}`)
    expect(await kind.count(name)).toBe(1)
    await second.stop()
  },
  30_000,
)

test('a task is not made again either where the Tasks service was lost that had made it', async () => {
  const [, task] = kinds[1]!
  const way = await holdCommits(database.url)
  const port = `${await freePort()}`
  const tasksEnv = { ...impatient, ZERG_ROLES: 'tasks', ZERG_GRPC_PORT: port }
  const first = await startZerg({
    env: { ...tasksEnv, DATABASE_URL: way.url, ZERG_DATABASE_TLS: 'disable' },
  })
  const api = await startZerg({
    env: {
      ...impatient,
      ZERG_ROLES: 'api',
      DATABASE_URL: database.url,
      TASKS_SERVICE_ADDR: `127.0.0.1:${port}`,
    },
  })
  const { key } = api
  const name = crypto.randomUUID()
  way.hold()
  const lost = post(api, task, { name, key })
  await eventually(async () => expect(await task.count(name)).toBe(1))
  await first.stop('SIGKILL')
  expect((await lost).status).toBe(503)
  way.close()

  const second = await startZerg({ env: { ...tasksEnv, DATABASE_URL: database.url } })
  const again = await eventually(async () => {
    const answer = await post(api, task, { name, key })
    expect(answer.status).toBe(201)
    return answer
  })
  expect(again.headers.get('idempotency-replayed')).toBe('true')
  expect(await task.count(name)).toBe(1)
  for (const instance of [api, second]) await instance.stop()
}, 30_000)

test.each(kinds)(
  'a %s that 200 requests to two instances ask for at once is made once',
  async (_, kind) => {
    const env = { ...impatient, DATABASE_URL: database.url }
    const instances = await Promise.all([startZerg({ env }), startZerg({ env })])
    const [{ key }] = instances
    const name = crypto.randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        patiently(() => post(instances[index % 2]!, kind, { name, key })),
      ),
    )
    expect(answers.filter(({ status }) => status !== 201)).toEqual([])
    const bodies = new Set(await Promise.all(answers.map(answer => answer.text())))
    expect(bodies.size).toBe(1)
    const first = answers.filter(answer => answer.headers.get('idempotency-replayed') === null)
    expect(first.length).toBe(1)
    expect(await kind.count(name)).toBe(1)
    const other = await post(instances[1]!, kind, { name, key, more: { description: 'Other.' } })
    expect([other.status, await other.json()]).toMatchObject([
      422,
      { code: 'idempotency_key_reused' },
    ])
    for (const instance of instances) await instance.stop()
  },
  60_000,
)

type Sending = { name: string; key: string; more?: object }

/** Under its own name as the key. */
const post = (zerg: Zerg, { path, body }: Kind, { name, key, more }: Sending): Promise<Response> =>
  fetch(`${zerg.url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'idempotency-key': name,
      ...authorization(key),
    },
    body: JSON.stringify({ ...body(name), ...more }),
  })

/** As a client would: again, for as long as it is told that the first one is under way. */
async function patiently(send: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const answer = await send()
    if (answer.status !== 409) return answer
    expect(answer.headers.get('retry-after')).toBe('1')
    await Bun.sleep(20)
  }
}
