// Everything that the API document describes, asked by every kind of caller with generated data, good
// and bad, alone and in sequences: no answer is 5xx, and none is outside of what is documented.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { startZerg, type Zerg } from '../../../bench/lab/zerg.ts'
import { type Attacker, attackersOf, headersOf } from '../../support/attackers.ts'
import { createDatabase, type TestDatabase } from '../../support/postgres.ts'
import { ENDING, findSchemathesis, runSchemathesis } from '../../support/schemathesis.ts'

const program = await findSchemathesis()
const KINDS = ['anonymous', 'user', 'auditor', 'key', 'admin'] as const

let database: TestDatabase
let zerg: Zerg
let attackers: readonly Attacker[]

beforeAll(async () => {
  database = await createDatabase()
  zerg = await startZerg({
    // What is looked for is behind the limits, which have tests of their own.
    env: { DATABASE_URL: database.url, ZERG_LIMITS: 'false', ZERG_DRAIN_MAX: '200ms' },
  })
  attackers = await attackersOf({ url: zerg.url, databaseUrl: database.url })
}, 60_000)
afterAll(async () => {
  await zerg?.stop()
  await database?.drop()
})

test.skipIf(program === undefined).each(KINDS)(
  'every answer to the caller %s is a documented one',
  async kind => {
    const flags = ['--phases=fuzzing,stateful', '--max-examples=3']
    const found = await run(kind, [...flags, ...ENDING.map(id => `--exclude-operation-id=${id}`)])
    expect(found.said).not.toContain('FAILURES')
    expect(found.code, found.said).toBe(0)
    expect(found.cases, found.said).toBeGreaterThan(50)
    // Else most of it was only ever refused.
    expect((await readAs(kind)).status).toBe(kind === 'anonymous' ? 401 : 200)
  },
  120_000,
)

test.skipIf(program === undefined).each(KINDS)(
  'so is every answer to what may end the token of %s',
  async kind => {
    const flags = ['--phases=fuzzing', '--max-examples=2']
    const found = await run(kind, [...flags, ...ENDING.map(id => `--include-operation-id=${id}`)])
    expect(found.said).not.toContain('FAILURES')
    expect(found.code, found.said).toBe(0)
  },
  120_000,
)

test.skipIf(program === undefined)(
  'the server itself counted no answer of 500 and above',
  async () => {
    const metrics = await (await fetch(`${zerg.opsUrl}/metrics`)).text()
    expect(metrics).toContain('zerg_http_requests_total{')
    expect(metrics.match(/^zerg_http_requests_total\{.*status="5\d\d".*$/gm)).toBeNull()
  },
)

const run = (kind: Attacker['name'], flags: readonly string[]) =>
  runSchemathesis({ program: program!, url: zerg.url, token: callerOf(kind).token, flags })

const callerOf = (kind: Attacker['name']) => attackers.find(({ name }) => name === kind)!

const readAs = (kind: Attacker['name']) =>
  fetch(`${zerg.url}/api/v1/tasks`, { headers: headersOf(callerOf(kind)) })
