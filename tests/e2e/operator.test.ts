// Operators' commands on the compiled executable: the same words, whether a server has the data,
// another one is named, or nobody is there and the data is opened.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TOKEN_PATTERN } from '#lib/secret-token.ts'
import { authorization } from '../../bench/lab/credentials.ts'
import { freePort } from '../../bench/lab/spawn-zerg.ts'
import { runZerg, startZerg } from '../../bench/lab/zerg.ts'
import { open } from '../support/databases.ts'
import { giveKey, giveUser } from '../support/identity.ts'
import { createDatabase } from '../support/postgres.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zerg-operator-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const ONE_TOKEN = new RegExp(`^${TOKEN_PATTERN}\n$`)
const TOKEN = new RegExp(TOKEN_PATTERN)

const env = () => ({ ZERG_DATA_DIR: join(folder, 'data') })
const start = () => startZerg({ env: { ...env(), ZERG_DRAIN_MAX: '100ms' } })
const zerg = (args: readonly string[], more: Readonly<Record<string, string>> = env()) =>
  runZerg(args, { env: more, cwd: folder })

type Told = { id: string; user_id: string; secret: string; name: string }

test('beside a running server a command asks it, and after its end opens the data itself', async () => {
  const server = await start()
  let made: Told
  let user: string
  try {
    const file = join(folder, 'data/operator-token')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const listed = await zerg(['keys', 'list', '--json'])
    user = (JSON.parse(listed.stdout) as { keys: Told[] }).keys[0]!.user_id
    const created = await zerg([
      'keys',
      'create',
      '--name=Shell',
      '--scopes=keys:read',
      `--user=${user}`,
      '--json',
    ])
    expect([created.code, created.stderr]).toEqual([0, ''])
    made = JSON.parse(created.stdout) as Told
    const own = await fetch(`${server.url}/api/v1/keys/${made.id}`, {
      headers: authorization(made.secret),
    })
    expect(own.status).toBe(200)
  } finally {
    await server.stop()
  }
  expect(existsSync(join(folder, 'data/operator-token'))).toBe(false)

  const rotated = await zerg(['keys', 'rotate', made.id])
  expect(rotated.stdout).toMatch(ONE_TOKEN)
  expect(rotated.stderr).not.toMatch(TOKEN)
  const after = await zerg(['keys', 'list', '--json'])
  const names = (JSON.parse(after.stdout) as { keys: Told[] }).keys.map(({ name }) => name)
  expect(names.toSorted()).toEqual(['Bootstrap', 'Shell'])
}, 30_000)

test('what a server left behind that was killed is in nobody’s way', async () => {
  const server = await start()
  await server.stop('SIGKILL')
  expect(existsSync(join(folder, 'data/operator-token'))).toBe(true)
  const { code, stdout } = await zerg(['keys', 'list'])
  expect(code).toBe(0)
  expect(stdout).toContain('Bootstrap')
}, 30_000)

test('a server that does not answer HTTP is said to be in the way', async () => {
  const server = await startZerg({
    env: { ...env(), ZERG_ROLES: 'tasks', ZERG_DRAIN_MAX: '100ms' },
  })
  try {
    const { code, stderr } = await zerg(['keys', 'list'])
    expect(code).toBe(1)
    expect(stderr).toContain(`Process ${server.pid} has`)
  } finally {
    await server.stop()
  }
}, 30_000)

test('who may not read the token of the server gets told so, and no more', async () => {
  const server = await start()
  try {
    rmSync(join(folder, 'data/operator-token'))
    const { code, stdout, stderr } = await zerg(['keys', 'list'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('The operator token in')
    writeFileSync(
      join(folder, 'data/operator-token'),
      'zerg_op_000000000000000000000000000000000000',
    )
    const refused = await zerg(['keys', 'list'])
    expect([refused.code, refused.stdout]).toEqual([1, ''])
    expect(refused.stderr).toContain('zerg explain invalid_token')
  } finally {
    await server.stop()
  }
}, 30_000)

test('with --url a key may what its user and its scopes may, and nothing else', async () => {
  const database = await createDatabase()
  const server = await startZerg({ env: { DATABASE_URL: database.url, ZERG_DRAIN_MAX: '100ms' } })
  const at = [`--url=${server.url}`]
  try {
    const named = { ZERG_KEY: server.key }
    const made = await zerg(['keys', 'create', '--name=Mine', '--scopes=tasks:read', ...at], named)
    expect(made.stdout).toMatch(ONE_TOKEN)
    const poor = { ZERG_KEY: made.stdout }
    const refused = await zerg(['keys', 'list', ...at], poor)
    expect([refused.code, refused.stdout]).toEqual([1, ''])
    expect(refused.stderr).toContain('zerg explain insufficient_scope')

    const file = join(folder, 'key')
    writeFileSync(file, `${server.key}\n`, { mode: 0o600 })
    for (const how of [
      zerg(['keys', 'list', '--key-file', file, ...at], {}),
      zerg(['keys', 'list', ...at], { ZERG_KEY_FILE: file }),
      zerg(['keys', 'list'], { ZERG_KEY_FILE: file, ZERG_URL: server.url }),
    ]) {
      const { code, stdout } = await how
      expect(code).toBe(0)
      expect(stdout).toContain('Mine')
      expect(stdout).not.toMatch(TOKEN)
    }
  } finally {
    await server.stop()
    await database.drop()
  }
}, 30_000)

test('on PostgreSQL a command works beside any server, and the log says that the operator came by it', async () => {
  const database = await createDatabase()
  const named = { DATABASE_URL: database.url }
  const mine = await open({ url: database.url })
  try {
    const user = await giveUser(mine)
    const made = await zerg(
      ['keys', 'create', '--name=CI', '--scopes=all', `--user=${user}`, '--json'],
      named,
    )
    const { id, user_id } = JSON.parse(made.stdout) as Told
    expect(user_id).toBe(user)
    const shown = await zerg(['keys', 'show', id], named)
    expect(shown.stdout).toContain('State        active')
    const revoked = await zerg(['keys', 'revoke', id], named)
    expect([revoked.code, revoked.stdout]).toEqual([0, ''])
    const again = await zerg(['keys', 'rotate', id], named)
    expect([again.code, again.stdout]).toEqual([1, ''])
    expect(again.stderr).toContain('zerg explain key_revoked')
    const entries = await mine.on(AbortSignal.timeout(5_000)).run(
      sql => sql<{ action: string; caller_kind: string; via: string }[]>`
        select action, caller_kind, via from audit_entries where subject_id = ${id} order by action`,
    )
    expect([...entries]).toEqual([
      { action: 'keys.create', caller_kind: 'operator', via: 'cli' },
      { action: 'keys.revoke', caller_kind: 'operator', via: 'cli' },
    ])
  } finally {
    await mine.close(2_000)
    await database.drop()
  }
}, 30_000)

test.each([
  ['a name is missing', ['keys', 'create', '--scopes=all'], {}, '--name is missing.'],
  ['scopes are missing', ['keys', 'create', '--name=x'], {}, '--scopes is missing.'],
  [
    'a scope does not exist',
    ['keys', 'create', '--name=x', '--scopes=task:read'],
    {},
    'Did you mean tasks:read?',
  ],
  [
    'a time is none',
    ['keys', 'create', '--name=x', '--scopes=all', '--expires-in=soon'],
    {},
    'Write it as 90d',
  ],
  ['an overlap is none', ['keys', 'rotate', 'x', '--overlap=soon'], {}, 'Write it as 90d'],
  ['an id is missing', ['keys', 'show'], {}, 'ID is missing.'],
  ['the URL has a path', ['keys', 'list', '--url=http://h/api'], {}, 'not the root'],
  ['the URL is none', ['keys', 'list', '--url=h:80'], {}, 'not the root'],
  ['there is no key for the URL', ['keys', 'list', '--url=http://127.0.0.1:1'], {}, 'no key'],
  ['a key file is for nobody', ['keys', 'list', '--key-file=x'], {}, 'Name it with --url'],
])('where %s it ends with 2 and does nothing', async (...[, args, more, says]) => {
  const { code, stdout, stderr } = await zerg(args, { ...env(), ...more })
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(says)
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

test('whatever cannot be reached is told, without a secret', async () => {
  const closed = await freePort()
  const key = { ZERG_KEY: 'zerg_key_planted0000000000000000000000000' }
  const attempts: [readonly string[], Record<string, string>, string][] = [
    [['keys', 'list', `--url=http://127.0.0.1:${closed}`], key, 'Nothing answers at'],
    [['keys', 'list', '--url=http://127.0.0.1:1', '--key-file=/no/such'], {}, 'cannot be read'],
    [
      ['keys', 'list'],
      {
        DATABASE_URL: `postgres://ada:hunter2-planted@127.0.0.1:${closed}/zerg`,
        ZERG_START_TIMEOUT: '300ms',
        ZERG_DATABASE_CONNECT_TIMEOUT: '300ms',
      },
      'Nothing listens at',
    ],
    [['keys', 'list'], { ZERG_EPHEMERAL: 'true' }, 'There is no data'],
  ]
  for (const [args, more, says] of attempts) {
    const { code, stdout, stderr } = await zerg(args, more)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('planted')
  }
}, 30_000)

test('a key that goes to another machine without TLS is warned about', async () => {
  const key = { ZERG_KEY: 'zerg_key_planted0000000000000000000000000' }
  const { stderr } = await zerg(['keys', 'list', '--url=http://zerg.invalid:1'], key)
  expect(stderr).toContain('without TLS')
})

test('a disabled user’s key is refused like one that never was', async () => {
  const database = await createDatabase()
  const mine = await open({ url: database.url })
  const server = await startZerg({ env: { DATABASE_URL: database.url, ZERG_DRAIN_MAX: '100ms' } })
  try {
    const userId = await giveUser(mine, { isActive: false })
    const { token } = await giveKey(mine, { userId })
    const at = `--url=${server.url}`
    const disabled = await zerg(['keys', 'list', at], { ZERG_KEY: token })
    expect(disabled.code).toBe(1)
    expect(disabled.stderr).toContain('zerg explain invalid_token')
  } finally {
    await server.stop()
    await mine.close(2_000)
    await database.drop()
  }
}, 30_000)
