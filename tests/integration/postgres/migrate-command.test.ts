// `zerg migrate …` as it is typed.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { migrations } from '#platform/postgres/migrations/index.ts'
import { createDatabase, type TestDatabase, withSql } from '../../support/postgres.ts'

const main = join(import.meta.dir, '../../../cli/main.ts')
const latest = migrations.at(-1)!
let made: TestDatabase

beforeEach(async () => {
  made = await createDatabase({ empty: true })
})
afterEach(async () => {
  await made.drop()
})

async function zerg(...args: string[]) {
  const child = Bun.spawn([process.execPath, main, 'migrate', ...args], {
    env: { PATH: process.env['PATH'], DATABASE_URL: made.url, ZERG_DATABASE_TLS: 'disable' },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  return { code: await child.exited, stdout, stderr }
}

test('up prints data to stdout and talk to stderr, and has nothing to do twice', async () => {
  const first = await zerg('up', '--json')
  expect(first.code).toBe(0)
  expect(JSON.parse(first.stdout).applied.length).toBe(migrations.length)
  expect(first.stderr).toContain(`up ${latest.version} ${latest.name} …`)
  const second = await zerg('up')
  expect(second).toMatchObject({ code: 0, stdout: '', stderr: 'Nothing is pending.\n' })
})

test('up --dry-run prints SQL that can be run, and changes nothing', async () => {
  const dry = await zerg('up', '--dry-run')
  expect(dry.code).toBe(0)
  await withSql(made.url, sql => sql.unsafe(dry.stdout))
  await withSql(made.url, sql => sql`select from tasks`)
})

test('down does not go ahead where nobody can confirm, and does with --yes', async () => {
  await zerg('up')
  const unasked = await zerg('down')
  expect(unasked).toMatchObject({ code: 2, stdout: '' })
  expect(unasked.stderr).toContain('--yes')
  const done = await zerg('down', '--to=0', '--yes', '--json')
  expect(done.code).toBe(0)
  expect(JSON.parse(done.stdout).undone.length).toBe(migrations.length)
})

test('status lists every migration, and verify ends with 1 until all are applied as written', async () => {
  expect((await zerg('verify')).code).toBe(1)
  await zerg('up')
  expect(await zerg('verify')).toMatchObject({ code: 0 })
  const { migrations: listed } = JSON.parse((await zerg('status', '--json')).stdout)
  expect(listed.map(({ state }: { state: string }) => state)).toEqual(
    migrations.map(() => 'applied'),
  )
  await withSql(made.url, sql => sql`update zerg_migrations set checksum = 'x' where version = 1`)
  const drift = await zerg('verify')
  expect(drift.code).toBe(1)
  expect(drift.stdout).toContain(`1 (${migrations[0]!.name})`)
})

test('a version that is no number or does not exist is refused', async () => {
  expect((await zerg('up', '--to=latest')).code).toBe(2)
  const unknown = await zerg('up', '--to=4711')
  expect(unknown.code).toBe(1)
  expect(unknown.stderr).toContain('There is no migration 4711')
})

test('without a database it says how to name one', async () => {
  const { code, stderr } = await zerg('status', '--database-url=')
  expect(code).toBe(78)
  expect(stderr).toContain('DATABASE_URL')
})
