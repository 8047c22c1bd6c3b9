// The gRPC contract: generated files are in step with it, it is lint-clean, and nobody breaks it unseen.

import { afterAll, describe, expect, test } from 'bun:test'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Glob } from 'bun'
import { buf, generateProto, PROTO_DIR, PUBLISHED_FILE } from '../../cli/build/proto.ts'

const root = join(import.meta.dir, '../..')
const folder = mkdtempSync(join(tmpdir(), 'zerg-protos-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('what is generated from the protos is in step with them', async () => {
  const into = join(folder, 'generated')
  await generateProto(into)
  const made = filesBelow(into)
  expect(made).toContain(PUBLISHED_FILE)
  expect(made.filter(file => file.endsWith('.gen.ts'))).toEqual(
    filesBelow(root, `${PROTO_DIR}/**/*.gen.ts`),
  )
  // `npm run generate` writes them.
  const stale = made.filter(file => readFrom(into, file) !== readFrom(root, file))
  expect(stale).toEqual([])
}, 30_000)

test('the protos follow buf’s rules, but for the exceptions that buf.yaml gives reasons for', async () => {
  expect(String(await buf('lint'))).toBe('')
}, 30_000)

describe('a change that breaks clients', () => {
  test('has not been made since the protos were published', async () => {
    expect(String(await buf('breaking', '--against', PUBLISHED_FILE))).toBe('')
  }, 30_000)

  test('of the earlier product has not been made on the wire', async () => {
    const against = await imageOf(join(root, 'tests/contract/earlier'), 'earlier')
    expect(String(await buf('breaking', '--against', against, '--config', ON_THE_WIRE))).toBe('')
  }, 30_000)

  test.each<[string, [from: string, to: string], string]>([
    ['another type', ['bytes owner_id = 11', 'string owner_id = 11'], 'owner_id'],
    ['another number', ['int32 version = 13', 'int32 version = 30'], 'version'],
    ['a field that is gone', ['  string next_page_token = 2;', ''], 'next_page_token'],
    ['another name', ['string page_token = 7', 'string cursor = 7'], 'page_token'],
    [
      'a method that is gone',
      ['rpc BatchGet(BatchGetRequest) returns (BatchGetResponse);', ''],
      'BatchGet',
    ],
    [
      'another number in an enum',
      ['PRIORITY_URGENT = 4', 'PRIORITY_URGENT = 5'],
      'enum "Priority"',
    ],
  ])(
    'is named: %s',
    async (name, [from, to], named) => {
      const changed = join(folder, name.replaceAll(' ', '-'))
      cpSync(join(root, PROTO_DIR), changed, { recursive: true })
      const file = join(changed, 'tasks/v1/tasks.proto')
      const before = readFileSync(file, 'utf8')
      writeFileSync(file, before.replaceAll(from, to))
      expect(readFileSync(file, 'utf8')).not.toBe(before)
      const complaint = await buf('breaking', changed, '--against', PUBLISHED_FILE).catch(String)
      expect(complaint).toContain(named)
    },
    30_000,
  )
})

const ON_THE_WIRE = JSON.stringify({
  version: 'v2',
  modules: [{ path: PROTO_DIR }],
  breaking: { use: ['WIRE'] },
})

async function imageOf(protos: string, name: string) {
  const image = join(folder, `${name}.binpb`)
  await buf('build', protos, '--output', image)
  return image
}

const filesBelow = (from: string, pattern = '**/*.{gen.ts,json}') =>
  [...new Glob(pattern).scanSync(from)].filter(file => !file.startsWith('node_modules')).toSorted()

const readFrom = (from: string, file: string) => readFileSync(join(from, file), 'utf8')
