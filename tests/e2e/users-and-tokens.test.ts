// Administrators, tokens and signing keys from the command line, on the compiled executable.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authorization } from '../../bench/lab/credentials.ts'
import { startZerg, type Zerg, ZERG } from '../../bench/lab/zerg.ts'
import { eventually } from '../support/eventually.ts'
import { createDatabase, type TestDatabase } from '../support/postgres.ts'

const SECRET = 'Qm8vT3xZ6kLr0pWn5yHc2sJd9fGb4aUe'
const PASSWORD = 'four walnuts under a rope'

let folder: string
let database: TestDatabase
let server: Zerg
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zerg-users-'))
  database = await createDatabase()
  server = await startZerg({ env: { ...beside(), ZERG_DRAIN_MAX: '100ms' } })
})
afterAll(async () => {
  await server.stop()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

const beside = () => ({ DATABASE_URL: database.url, ZERG_SECRET: SECRET })

type Options = { env?: Record<string, string>; stdin?: string }

async function zerg(args: readonly string[], { env = beside(), stdin = '' }: Options = {}) {
  const child = Bun.spawn([ZERG, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdin: Buffer.from(stdin),
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  return { code: await child.exited, stdout, stderr }
}

const createAdmin = (email: string, options: Options, more: readonly string[] = []) =>
  zerg(['users', 'create-admin', `--email=${email}`, ...more], options)

const login = (email: string, password: string) =>
  fetch(`${server.url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })

const me = (token: string) =>
  fetch(`${server.url}/api/v1/me`, { headers: authorization(token.trim()) })

test('an administrator is made by a password from stdin, and can sign in', async () => {
  const made = await createAdmin('ada@example.com', { stdin: `${PASSWORD}\n` }, [
    '--password-stdin',
  ])
  expect(made.code).toBe(0)
  expect(made.stdout).toMatch(/^[\da-f-]{36}\n$/)
  expect(made.stderr).toContain('ada@example.com is an administrator.')
  expect(made.stdout + made.stderr).not.toContain(PASSWORD)
  const answer = await login('ada@example.com', PASSWORD)
  expect(answer.status).toBe(200)
  expect(((await answer.json()) as { roles: string[] }).roles).toEqual(['admin'])
}, 30_000)

test.each([
  ['nobody is there to type', [], '', 2, 'add --password-stdin'],
  ['stdin holds nothing', ['--password-stdin'], '', 2, 'stdin holds no password'],
  ['the password is short', ['--password-stdin'], 'short\n', 1, 'validation_failed'],
  ['the password is guessed first', ['--password-stdin'], 'password1234\n', 1, 'validation_failed'],
  [
    'the address is none',
    ['--password-stdin', '--email=nobody'],
    `${PASSWORD}\n`,
    1,
    'validation_failed',
  ],
  [
    'the address is taken',
    ['--password-stdin', '--email=ada@example.com'],
    `${PASSWORD}\n`,
    1,
    'email_taken',
  ],
] as const)(
  'where %s nobody is made',
  async (...[, more, stdin, code, says]) => {
    const made = await zerg(['users', 'create-admin', '--email=new@example.com', ...more], {
      stdin,
    })
    expect([made.code, made.stdout]).toEqual([code, ''])
    expect(made.stderr).toContain(says)
    if (stdin !== '') expect(made.stderr).not.toContain(stdin.trim())
  },
  30_000,
)

test('on a terminal the password is asked for twice, and never shown', async () => {
  const typed = await typeTo(
    ['users', 'create-admin', '--email=tty@example.com'],
    [`wrongx\b ${PASSWORD}\r`, `wrong ${PASSWORD}\r`],
  )
  expect(typed.seen).toContain('is an administrator')
  expect(typed.seen).not.toContain('walnuts')
  expect((await login('tty@example.com', `wrong ${PASSWORD}`)).status).toBe(200)
  const differ = await typeTo(
    ['users', 'create-admin', '--email=b@example.com'],
    ['one\r', 'two\r'],
  )
  expect([differ.code, differ.seen]).toEqual([
    1,
    expect.stringContaining('The two passwords differ'),
  ])
  const given = await typeTo(['users', 'create-admin', '--email=b@example.com'], ['half\u0003'])
  expect([given.code, given.seen]).toEqual([1, expect.stringContaining('Nothing was done')])
}, 60_000)

test('a key cannot make administrators from afar', async () => {
  const made = await createAdmin(
    'far@example.com',
    { env: { ZERG_KEY: server.key }, stdin: `${PASSWORD}\n` },
    ['--password-stdin', `--url=${server.url}`],
  )
  expect([made.code, made.stdout]).toEqual([1, ''])
  expect(made.stderr).toContain('zerg explain forbidden')
}, 30_000)

test('a token is all that is printed, and is good for its user', async () => {
  const minted = await zerg(['token', '--user=ada@example.com'])
  expect(minted).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/),
    stderr: '',
  })
  const answer = await me(minted.stdout)
  expect(answer.status).toBe(200)
  expect(((await answer.json()) as { email: string }).email).toBe('ada@example.com')
}, 30_000)

test('a token is minted with a key as well, and is as narrow as was asked', async () => {
  const env = { ZERG_KEY: server.key }
  const at = `--url=${server.url}`
  const minted = await zerg(['token', at, '--scopes=tasks:read', '--expires-in=1m', '--json'], {
    env,
  })
  expect(minted.code).toBe(0)
  const { access_token, expires_in } = JSON.parse(minted.stdout) as {
    access_token: string
    expires_in: number
  }
  expect(expires_in).toBe(60)
  expect((await me(access_token)).status).toBe(403)
}, 30_000)

test.each([
  ['nobody is named', ['token'], {}, 2, '--user is missing'],
  ['there is no such user', ['token', '--user=no@example.com'], {}, 1, 'There is no user'],
  ['the user is neither', ['token', '--user=ada'], {}, 2, '--user cannot be'],
  ['it would live too long', ['token', '--user=x@y.z', '--expires-in=2h'], {}, 2, '1s to 1h'],
  [
    'it would make keys',
    ['token', '--user=ada@example.com', '--scopes=keys:write'],
    {},
    1,
    'makes no keys',
  ],
  [
    'the secret is another one',
    ['token', '--user=ada@example.com'],
    { ZERG_SECRET: 'Another0Another1Another2Another3' },
    1,
    'ZERG_SECRET',
  ],
] as const)(
  'where %s no token is printed',
  async (...[, args, env, code, says]) => {
    const minted = await zerg(args, { env: { ...beside(), ...env } })
    expect([minted.code, minted.stdout]).toEqual([code, ''])
    expect(minted.stderr).toContain(says)
  },
  30_000,
)

test('signing keys are rotated without anybody noticing, and at once where one has leaked', async () => {
  const before = (await zerg(['token', '--user=ada@example.com'])).stdout
  const rotated = await zerg(['keys', 'rotate-signing'])
  expect(rotated.code).toBe(0)
  const again = await zerg(['keys', 'rotate-signing'])
  expect(again.stdout).toBe(rotated.stdout)
  const published = await eventually(async () => {
    const jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).text()
    expect(jwks).toContain(rotated.stdout.trim())
    return jwks
  })
  expect(published).toContain('"kid"')
  expect((await me(before)).status).toBe(200)

  const leaked = await zerg(['keys', 'rotate-signing', '--at-once', '--json'])
  expect(leaked.code).toBe(0)
  const { id } = JSON.parse(leaked.stdout) as { id: string }
  expect(id).not.toBe(rotated.stdout.trim())
  const after = (await zerg(['token', '--user=ada@example.com'])).stdout
  await eventually(async () => expect((await me(after)).status).toBe(200))
  const stranger = (
    await zerg(['keys', 'rotate-signing', `--url=${server.url}`], {
      env: { ZERG_KEY: server.key },
    })
  ).stderr
  expect(stranger).toContain('no key will do')
}, 60_000)

/** Types each line as soon as a question stands there. */
async function typeTo(args: readonly string[], lines: readonly string[]) {
  let seen = ''
  const decoder = new TextDecoder()
  const child = Bun.spawn([ZERG, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', NO_COLOR: '1', ...beside() },
    terminal: { data: (_, bytes) => void (seen += decoder.decode(bytes, { stream: true })) },
    timeout: 20_000,
    killSignal: 'SIGKILL',
  })
  const questions = ['Password: ', 'Again: ']
  for (const [at, line] of lines.entries()) {
    await eventually(() => expect(seen).toContain(questions[at]!))
    child.terminal?.write(line)
  }
  const code = await child.exited
  child.terminal?.close()
  return { code, seen }
}
