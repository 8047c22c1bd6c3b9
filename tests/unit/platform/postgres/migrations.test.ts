import { expect, test } from 'bun:test'
import { isTransactional } from '#platform/postgres/migrate/step.ts'
import { compare } from '#platform/postgres/migrate/state.ts'
import { checksumOf } from '#platform/postgres/migrate/ledger.ts'
import { migrations } from '#platform/postgres/migrations/index.ts'

test('the list of migrations is in order, and every one has both ways', () => {
  const versions = migrations.map(({ version }) => version)
  expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
  for (const { name, up, down } of migrations) {
    expect(name).toMatch(/^[a-z][a-z_]*$/)
    expect(up.trim()).not.toBe('')
    expect(down.trim()).not.toBe('')
  }
})

test('every file of the folder is in the list, under its own number and name', async () => {
  const folder = `${import.meta.dir}/../../../../src/platform/postgres/migrations`
  const files = [...new Bun.Glob('*.sql').scanSync(folder)].sort()
  const listed = migrations.flatMap(({ version, name }) =>
    ['down', 'up'].map(way => `${String(version).padStart(4, '0')}_${name}.${way}.sql`),
  )
  expect(files).toEqual(listed)
  for (const { version, name, up } of migrations) {
    const file = Bun.file(`${folder}/${String(version).padStart(4, '0')}_${name}.up.sql`)
    expect(await file.text()).toBe(up)
  }
})

test('only a mark in the first line takes a migration out of its transaction', () => {
  expect(isTransactional('-- zerg: no-transaction\ncreate index …')).toBe(false)
  expect(isTransactional('-- zerg: no-transaction\r\ncreate index …')).toBe(false)
  expect(isTransactional('-- About things.\n-- zerg: no-transaction\n')).toBe(true)
  expect(isTransactional('create table x ();')).toBe(true)
})

test('a database is compared with what this Zerg knows, version by version', () => {
  const known = [1, 2, 3].map(version => ({ version, name: `m${version}`, up: 'a', down: 'b' }))
  const row = (version: number, checksum: string) => ({
    version,
    name: `m${version}`,
    checksum,
    applied_at: '2026-01-02T03:04:05.678Z',
    duration_ms: 7,
  })
  const states = compare(known, [row(1, checksumOf(known[0]!)), row(2, 'other'), row(9, 'x')])
  expect(states.map(({ version, state }) => [version, state])).toEqual([
    [1, 'applied'],
    [2, 'changed'],
    [3, 'pending'],
    [9, 'unknown'],
  ])
})
