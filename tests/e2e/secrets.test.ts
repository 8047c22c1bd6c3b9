// Secrets are planted wherever one could come in, and looked for in every output.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { authorization } from '../../bench/lab/credentials.ts'
import { runZerg, startZerg } from '../../bench/lab/zerg.ts'
import { createDatabase, type TestDatabase, withSql } from '../support/postgres.ts'

const PASSWORD = 'planted-password-4711'
const TOKEN = 'planted-token-4712'
const BODY = 'planted-body-4713'
const ROLE = `zerg_secret_${crypto.randomUUID().slice(0, 8)}`

let database: TestDatabase
let url: string
beforeAll(async () => {
  database = await createDatabase()
  await withSql(database.url, sql =>
    sql.unsafe(`create role ${ROLE} superuser login password '${PASSWORD}'`),
  )
  const parts = new URL(database.url)
  parts.username = ROLE
  parts.password = PASSWORD
  url = parts.href
})
afterAll(async () => {
  await withSql(database.url, sql => sql.unsafe(`drop owned by ${ROLE}; drop role ${ROLE}`))
  await database.drop()
})

test('a server at the most talkative level says no secret, whatever it is asked', async () => {
  const zerg = await startZerg({
    env: { DATABASE_URL: url, LOG_LEVEL: 'trace', ZERG_DRAIN_MAX: '200ms' },
  })
  const headers = {
    'content-type': 'application/json',
    cookie: `session=${TOKEN}`,
  }
  const made = await fetch(`${zerg.url}/api/v1/tasks?token=${TOKEN}`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${TOKEN}` },
    body: '{}',
  })
  const task = await fetch(`${zerg.url}/api/v1/tasks`, {
    method: 'POST',
    headers: { ...headers, ...authorization(zerg.key) },
    body: JSON.stringify({ title: 'A title', description: BODY }),
  })
  const answers = [await made.text(), await (await fetch(`${zerg.opsUrl}/health`)).text()]
  const metrics = await (await fetch(`${zerg.opsUrl}/metrics`)).text()
  expect(task.status).toBe(201)
  zerg.signal('SIGTERM')
  await zerg.exited
  const said = [zerg.output(), metrics, ...answers].join('\n')
  await zerg.stop()
  expect(said.length).toBeGreaterThan(1_000)
  for (const secret of [PASSWORD, TOKEN, BODY, zerg.key]) expect(said).not.toContain(secret)
})

test.each([
  ['config show'],
  ['config show --json'],
  ['config check'],
  ['config check --connect'],
  ['config check --connect --json'],
  ['migrate status'],
])('`zerg %s` says no secret', async line => {
  const env = { DATABASE_URL: url, PORT: 'broken' }
  const healthy = await runZerg(line.split(' '), { env: { DATABASE_URL: url } })
  const broken = await runZerg(line.split(' '), { env })
  const said = [healthy, broken].map(({ stdout, stderr }) => stdout + stderr).join('\n')
  expect(said).not.toContain(PASSWORD)
  expect(said.length).toBeGreaterThan(10)
})
