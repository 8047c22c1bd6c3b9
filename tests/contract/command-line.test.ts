// The command line from outside: which stream, which exit code, and what is never said.

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { ERROR_CODES } from '#lib/error-codes.ts'
import { VERSION } from '#lib/version.ts'
import { folderWith, removeFolders } from '../support/config-folder.ts'
import { runZerg, seeZerg } from '../support/zerg.ts'

removeFolders()

test.each([
  [['conifg'], 'There is no command conifg.', 'Did you mean `zerg config`?'],
  [['config', 'chek'], 'There is no command config chek.', 'Did you mean `zerg config check`?'],
  [['config'], '`zerg config` needs one of check, schema, show.', 'See `zerg config --help`.'],
  [['--port=1', 'serve'], 'A command comes before --port=1.', 'See `zerg --help`.'],
  [['version', '--jsn'], 'There is no flag --jsn.', 'Did you mean --json?'],
  [['serve', '--prot', '1'], 'There is no flag --prot.', 'Did you mean --port?'],
  [
    ['explain', 'database_bsy'],
    'The code cannot be "database_bsy".',
    'Did you mean database_busy?',
  ],
  [['completion', 'bsh'], 'SHELL cannot be "bsh".', 'Did you mean bash?'],
  [['completion'], 'SHELL is missing.', 'See `zerg completion --help`.'],
  [['openapi', '--yaml', '--json'], '--yaml and --json exclude each other.', 'Keep one.'],
])(
  'zerg %j ends with 2, says what is wrong on stderr and nothing on stdout',
  async (args, what, fix) => {
    expect(await runZerg(args)).toEqual({
      stdout: '',
      stderr: `error: ${what}\n  ${fix}\n`,
      code: 2,
    })
  },
)

test('a configuration with problems ends with 78, whichever command meets it', async () => {
  const env = { PORT: 'http', ZERG_DRAIN_MAX: '1m', LOG_LEVL: 'x', ZERG_LOG_FROMAT: 'json' }
  const check = await runZerg(['config', 'check'], { env })
  expect(check.code).toBe(78)
  expect(check.stderr).toBe('')
  expect(check.stdout).toBe(
    `ZERG_LOG_FROMAT (environment) is not a known setting.
  Did you mean ZERG_LOG_FORMAT? Rename or remove it.
PORT "http" (environment) is not a port from 0 to 65535 (0 picks a free one).
  Correct it, or leave it out for the default, 8080.
ZERG_DRAIN_MAX "1m" (environment) is not shorter than ZERG_SHUTDOWN_BUDGET (30s), so nothing would be left for closing.
  Shorten ZERG_DRAIN_MAX or lengthen ZERG_SHUTDOWN_BUDGET.
`,
  )
  const serve = await runZerg(['serve'], { env, cwd: folderWith() })
  expect([serve.code, serve.stdout]).toEqual([78, ''])
  for (const name of ['ZERG_LOG_FROMAT', 'PORT', 'ZERG_DRAIN_MAX'])
    expect(serve.stderr).toContain(`error: ${name} `)
  const show = await runZerg(['config', 'show'], { env })
  expect(show.code).toBe(78)
  expect(show.stdout).toMatch(/^PORT +8080 +default \(that of environment is refused\)$/m)
})

test('config check --json has every problem in the same form', async () => {
  const folder = folderWith({ 'zerg.yaml': 'http:\n  port: 99999\n' })
  const { stdout, code } = await runZerg(['config', 'check', '--json'], { cwd: folder })
  expect(code).toBe(78)
  expect(JSON.parse(stdout)).toEqual({
    ok: false,
    problems: [
      {
        name: 'PORT',
        value: '99999',
        source: 'zerg.yaml:2',
        reason: 'is not a port from 0 to 65535 (0 picks a free one)',
        fix: 'Correct it, or leave it out for the default, 8080.',
      },
    ],
  })
})

test('a configuration without problems ends with 0', async () => {
  const { stdout, code } = await runZerg(['config', 'check'])
  expect([stdout, code]).toEqual(['The configuration has no problems.\n', 0])
})

test('config check --connect tells an unreachable database and Tasks service, and what to try', async () => {
  const env = { DATABASE_URL: 'postgres://ada:hunter2-planted@127.0.0.1:1/zerg' }
  const flags = ['--roles=api', '--tasks-service-addr=127.0.0.1:1']
  const { stdout, code } = await runZerg(['config', 'check', '--connect', ...flags], { env })
  expect(code).toBe(78)
  expect(stdout).toContain('Nothing listens at 127.0.0.1:1')
  expect(stdout).toMatch(/^TASKS_SERVICE_ADDR .*ECONNREFUSED/m)
  expect(stdout).not.toContain('hunter2')
})

test('config show names the source of each value', async () => {
  const folder = folderWith({ 'zerg.yaml': 'log:\n  level: error\n' })
  const { stdout } = await runZerg(['config', 'show', '--json', '--port=0'], {
    env: { HOST: '::1' },
    cwd: folder,
  })
  const shown: { name: string; value: string | null; source: string }[] = JSON.parse(stdout)
  const of = (name: string) => shown.find(setting => setting.name === name)
  expect(of('PORT')).toMatchObject({ value: '0', source: 'flag --port' })
  expect(of('HOST')).toMatchObject({ value: '::1', source: 'environment' })
  expect(of('LOG_LEVEL')).toMatchObject({ value: 'error', source: 'zerg.yaml:2' })
  expect(of('DATABASE_URL')).toMatchObject({ value: null, source: 'default' })
})

// Each plants a secret where it might slip through.
test.each([
  ['a good URL', 'postgres://ada:hunter2-planted@127.0.0.1:1/zerg'],
  ['a password that is not encoded', 'postgres://ada:hunter2-planted/x@127.0.0.1:1/zerg'],
  ['a password in the query', 'postgres://ada@127.0.0.1:1/zerg?password=hunter2-planted'],
  ['no URL at all', 'hunter2-planted'],
  ['libpq’s other form', 'host=127.0.0.1 password=hunter2-planted'],
])('a secret in %s is in no output of any command', async (_, url) => {
  const folder = folderWith({
    secret: `${url}\n`,
    'zerg.yaml': `database:\n  url: "${url}"\n  urll: "${url}"\n`,
  })
  const ways: [string[], Record<string, string>][] = [
    [['config', 'check'], { DATABASE_URL: url }],
    [['config', 'show', '--json'], { DATABASE_URL: url }],
    [['config', 'check', '--json'], { DATABASE_URL_FILE: 'secret' }],
    [['config', 'show'], { DATABASE_URL_FILE: 'secret' }],
    [['config', 'check'], {}],
    [['config', 'show'], {}],
    [['config', 'check'], { ZERG_DATABASE_URL: url }],
    [['config', 'check', `--database-url=${url}`], {}],
    [['config', 'check', `--databse-url=${url}`], {}],
  ]
  const outputs = await Promise.all(ways.map(([args, env]) => runZerg(args, { env, cwd: folder })))
  for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain('hunter2')
})

test('a server and a migration that cannot reach the database end soon, without its password', async () => {
  const env = {
    DATABASE_URL: 'postgres://ada:hunter2-planted@127.0.0.1:1/zerg',
    ZERG_START_TIMEOUT: '300ms',
    ZERG_DATABASE_CONNECT_TIMEOUT: '300ms',
    PORT: '0',
    ZERG_OPS_PORT: '0',
    ZERG_GRPC_PORT: '0',
  }
  const runs = await Promise.all(
    [['serve'], ['migrate', 'status']].map(args => runZerg(args, { env, cwd: folderWith() })),
  )
  for (const { stdout, stderr, code } of runs) {
    expect(stderr).toContain('Nothing listens at 127.0.0.1:1')
    expect(stdout + stderr).not.toContain('hunter2')
    expect(code).toBe(1)
  }
})

test('a reader that goes away early is no failure', async () => {
  const child = Bun.spawn(
    ['bash', '-c', `set -o pipefail; "$0" "$1" openapi | head -n 1`, process.execPath, main],
    { stdout: 'pipe', stderr: 'pipe', env: { PATH: process.env['PATH'] ?? '' } },
  )
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  expect({ stdout, stderr, code }).toEqual({ stdout: '{\n', stderr: '', code: 0 })
})

test('version says the same in words and as JSON', async () => {
  const [words, json] = await Promise.all([runZerg(['--version']), runZerg(['version', '--json'])])
  const told = JSON.parse(json.stdout)
  expect(told).toEqual({
    version: VERSION,
    commit: expect.any(String),
    bun: Bun.version,
    platform: `${process.platform}-${process.arch}`,
  })
  expect(words.stdout).toBe(`zerg ${VERSION} (${told.commit}), Bun ${told.bun}, ${told.platform}\n`)
})

test('explain has a page for each code, and a list', async () => {
  const { stdout, code } = await runZerg(['explain', 'task_not_found'])
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /^task_not_found \(HTTP 404\): .+\n {2}Meaning {2}.+\n {2}Cause +.+\n {2}Fix/,
  )
  const list = await runZerg(['explain', '--json'])
  const codes: { code: string }[] = JSON.parse(list.stdout)
  expect(codes.map(entry => entry.code)).toEqual(Object.keys(ERROR_CODES))
})

test('openapi prints the same document as JSON and as YAML', async () => {
  const [json, yaml] = await Promise.all([runZerg(['openapi']), runZerg(['openapi', '--yaml'])])
  expect(Bun.YAML.parse(yaml.stdout)).toEqual(JSON.parse(json.stdout))
})

test('no escape sequence goes to a pipe', async () => {
  const runs = await Promise.all([
    runZerg(['--help']),
    runZerg(['serve', '--help']),
    runZerg(['conifg']),
    runZerg(['config', 'check'], { env: { PORT: '\u001B[31m' } }),
  ])
  for (const { stdout, stderr } of runs) expect(stdout + stderr).not.toContain('\u001B')
})

test('on a terminal a failure stands out, unless NO_COLOR says not to', async () => {
  const plain = 'error: There is no command conifg.'
  expect(await seeZerg(['conifg'])).toContain('\u001B[31merror: \u001B[39m')
  for (const env of [{ NO_COLOR: '1' }, { NO_COLOR: 'yes' }, { TERM: 'dumb' }])
    expect(await seeZerg(['conifg'], env)).toStartWith(plain)
})

const main = join(import.meta.dir, '../../cli/main.ts')
