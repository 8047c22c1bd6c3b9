// YAML files of settings and files that hold a secret.

import { expect, test } from 'bun:test'
import { readConfig } from '#config/load.ts'
import { sentenceOf, sourceOf } from '#config/problem.ts'
import { folderWith, removeFolders } from '../../support/config-folder.ts'

removeFolders()

test.each([
  ['http:\n  prot: 1\n', 'http.prot (zerg.yaml:2) is not a known setting.', 'Did you mean port?'],
  ['htp:\n  port: 1\n', 'htp (zerg.yaml:1) is not a known setting.', 'Did you mean http?'],
  ['PORT: 1\n', 'PORT (zerg.yaml:1) is not a known setting.', 'Did you mean http.port?'],
  [
    '\n\nhttp: 8080\n',
    'http (zerg.yaml:3) is a group of settings.',
    /^Write them below it, indented: host, port/,
  ],
  [
    'http:\n  port:\n    number: 1\n',
    'http.port (zerg.yaml:2) has keys below it but takes one value.',
    'Write the value on the same line.',
  ],
  ['- 1\n', 'zerg.yaml (zerg.yaml:1) holds no settings.', /^Write keys such as/],
  [
    'http:\n  port: 1\n  port: 2\n',
    'zerg.yaml (zerg.yaml:3) is not valid YAML at column 3: duplicate key.',
    'Correct this line.',
  ],
  [
    'http:\n  port: 99999\n',
    'PORT "99999" (zerg.yaml:2) is not a port from 0 to 65535 (0 picks a free one).',
    /the default, 8080/,
  ],
])('a file with %j is refused by line', (yaml, sentence, fix) => {
  const { problems } = readIn({ 'zerg.yaml': yaml })
  expect(problems.map(sentenceOf)).toEqual([sentence])
  expect(problems[0]!.fix).toMatch(fix)
})

// The parser's messages quote the file.
test('a broken file is told without quoting it', () => {
  const { problems } = readIn({
    'zerg.yaml': 'database:\n  url: "postgres://u:hunter2@h/d" x\n\tb: c\n',
  })
  expect(problems.length).toBeGreaterThan(0)
  expect(JSON.stringify(problems)).not.toContain('hunter2')
})

test('a file that was asked for has to exist, zerg.yaml does not', () => {
  expect(readIn({}).problems).toEqual([])
  const asked = readIn({}, { ZERG_CONFIG: 'other.yaml' }).problems
  expect(asked.map(sentenceOf)).toEqual(['ZERG_CONFIG "other.yaml" (environment) does not exist.'])
  const folder = readIn({}, { ZERG_CONFIG: '.' }).problems
  expect(folder.map(sentenceOf)).toEqual(['ZERG_CONFIG "." (environment) cannot be read (EISDIR).'])
})

test('--config names the file before ZERG_CONFIG does, and its overlay lies beside it', () => {
  const folder = folderWith({
    'a/mine.yaml': 'environment: staging\nhttp:\n  port: 1\n',
    'a/mine.staging.yaml': 'http:\n  port: 2\n',
    'zerg.staging.yaml': 'http:\n  port: 3\n',
  })
  const { config, resolved } = readConfig({
    flags: { config: 'a/mine.yaml' },
    environment: { ZERG_CONFIG: 'nothing.yaml' },
    folder,
  })
  expect([config.environment, config.http.port]).toEqual(['staging', 2])
  expect(resolved.slice(0, 1).map(({ origin }) => sourceOf(origin))).toEqual(['a/mine.yaml:1'])
})

test('an overlay cannot name another environment', () => {
  const { problems } = readIn({
    'zerg.yaml': 'environment: staging\n',
    'zerg.staging.yaml': 'environment: production\n',
  })
  expect(problems.map(sentenceOf)).toEqual([
    'ZERG_ENV "production" (zerg.staging.yaml:1) cannot be changed by the overlay of staging.',
  ])
})

test('lists, switches, numbers, aliases and keys without a value are read', () => {
  const { config, problems } = readIn({
    'zerg.yaml': [
      'roles: [api]',
      'http: { port: 0, docs: false, body_max: 2MiB, host: }',
      'tasks_service: { addresses: [a:1, "[::1]:2"] }',
      'database: { url: postgres://u:p@h/d, acquire_timeout: &short 1500ms, lock_timeout: *short }',
      '',
    ].join('\n'),
  })
  expect(problems).toEqual([])
  expect(config.http).toMatchObject({
    port: 0,
    docs: false,
    bodyMaxBytes: 2_097_152,
    host: '127.0.0.1',
  })
  expect(config.tasksService.addresses).toEqual(['a:1', '[::1]:2'])
  expect(config.database).toMatchObject({ acquireTimeoutMs: 1500, lockTimeoutMs: 1500 })
})

test('a secret is taken from a file, without the line ending', () => {
  const { config, resolved } = readIn(
    { url: '  postgres://u:hunter2@h/d\n' },
    { DATABASE_URL_FILE: 'url' },
  )
  expect(config.database.url).toBe('postgres://u:hunter2@h/d')
  const origin = resolved.find(({ placed }) => placed.setting.name === 'DATABASE_URL')!.origin
  expect(sourceOf(origin)).toBe('DATABASE_URL_FILE url')
})

test.each([
  [{}, { DATABASE_URL_FILE: 'none' }, 'names a file that cannot be read (ENOENT)'],
  [{ url: ' \n' }, { DATABASE_URL_FILE: 'url' }, 'names an empty file'],
  [
    { url: 'postgres://u:p@h/d' },
    { DATABASE_URL_FILE: 'url', DATABASE_URL: 'postgres://u:p@h/e' },
    'is set together with DATABASE_URL',
  ],
])('a secret’s file is refused: %#', (files, environment, reason) => {
  const { problems } = readIn(files, environment)
  expect(problems).toEqual([expect.objectContaining({ name: 'DATABASE_URL_FILE', reason })])
})

test('a value that a secret’s file holds is masked where it is refused', () => {
  const { problems } = readIn({ url: 'postgres://u:hun/ter2@h/d' }, { DATABASE_URL_FILE: 'url' })
  expect(problems.map(sentenceOf)).toEqual([
    'DATABASE_URL "postgres://***" (DATABASE_URL_FILE url) cannot be taken apart into user, password, host and name.',
  ])
})

const readIn = (files: Record<string, string>, environment: Record<string, string> = {}) =>
  readConfig({ environment, folder: folderWith(files) })
