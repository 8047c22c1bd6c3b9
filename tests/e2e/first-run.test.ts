// The first start on an empty data directory, on the compiled executable: a key for whoever started
// it, once, and never where others could read it.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TOKEN_PATTERN } from '#lib/secret-token.ts'
import { authorization } from '../../bench/lab/credentials.ts'
import { freePort } from '../../bench/lab/spawn-zerg.ts'
import { runZerg, startZerg, type Zerg, ZERG } from '../../bench/lab/zerg.ts'
import { eventually } from '../support/eventually.ts'
import { createDatabase } from '../support/postgres.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zerg-first-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const TOKEN = new RegExp(TOKEN_PATTERN)
const file = () => join(folder, 'data/bootstrap-key')
// The tester's own kept-alive connections need not be waited for.
const env = () => ({ ZERG_DATA_DIR: join(folder, 'data'), ZERG_DRAIN_MAX: '100ms' })
const start = () => startZerg({ env: env() })

/** What it had said by its end, which is taken away with its folder. */
async function said(zerg: Zerg): Promise<string> {
  zerg.signal('SIGTERM')
  await zerg.exited
  return zerg.output()
}

test('the key is left in a file of its user alone, is an administrator’s, and is in no log', async () => {
  const zerg = await start()
  try {
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    const key = readFileSync(file(), 'utf8').trim()
    expect(key).toMatch(new RegExp(`^${TOKEN_PATTERN}$`))
    const answer = await fetch(`${zerg.url}/api/v1/keys`, { headers: authorization(key) })
    expect(answer.status).toBe(200)
    const { data } = (await answer.json()) as { data: { name: string }[] }
    expect(data.map(({ name }) => name)).toEqual(['Bootstrap'])
    const output = await said(zerg)
    expect(output).toContain('bootstrap_key_written')
    expect(output).not.toMatch(TOKEN)
  } finally {
    await zerg.stop()
  }
})

test('a second start makes no other key, also when the file was taken away', async () => {
  await (await start()).stop()
  rmSync(file())
  const zerg = await start()
  try {
    expect(zerg.key).toBe('')
    expect(await said(zerg)).not.toContain('bootstrap_key_written')
  } finally {
    await zerg.stop()
  }
})

test('where the key cannot be kept, the server does not start and no user is made', async () => {
  const ports = { PORT: '0', ZERG_OPS_PORT: '0', ZERG_GRPC_PORT: '0' }
  const failed = await runZerg(['serve', `--bootstrap-key-file=${folder}/no/such/folder/key`], {
    env: { ...env(), ...ports },
  })
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('ZERG_BOOTSTRAP_KEY_FILE')
  const zerg = await start()
  expect(zerg.key).toMatch(TOKEN)
  await zerg.stop()
})

test('in memory and with nobody watching no key is made, and the log says what to do', async () => {
  const zerg = await startZerg({ env: { ZERG_EPHEMERAL: 'true', ZERG_BOOTSTRAP_KEY_FILE: '' } })
  try {
    expect(await said(zerg)).toMatch(/name a file with ZERG_BOOTSTRAP_KEY_FILE.*no_administrator/)
  } finally {
    await zerg.stop()
  }
})

test('with PostgreSQL nothing is made, and the log names the command that makes an administrator', async () => {
  const database = await createDatabase()
  const [port, ops, grpc] = [await freePort(), await freePort(), await freePort()]
  const child = Bun.spawn([ZERG, 'serve'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: database.url,
      PORT: `${port}`,
      ZERG_OPS_PORT: `${ops}`,
      ZERG_GRPC_PORT: `${grpc}`,
      ZERG_DRAIN_MAX: '100ms',
    },
    stdout: Bun.file(join(folder, 'output')),
    stderr: 'inherit',
  })
  try {
    const output = () => readFileSync(join(folder, 'output'), 'utf8')
    await eventually(() => expect(output()).toContain('zerg users create-admin'), {
      withinMs: 15_000,
    })
  } finally {
    child.kill('SIGTERM')
    await child.exited
    await database.drop()
  }
})

test('on a terminal it is shown once, and left nowhere', async () => {
  let seen = ''
  const decoder = new TextDecoder()
  const child = Bun.spawn(
    [
      ZERG,
      'serve',
      '--ephemeral',
      '--port=0',
      '--ops-port=0',
      '--grpc-port=0',
      '--drain-max=100ms',
    ],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', NO_COLOR: '1' },
      terminal: {
        data: (_, bytes) => void (seen += decoder.decode(bytes, { stream: true })),
        cols: 400,
      },
    },
  )
  try {
    await eventually(() => expect(seen).toContain('Try:'), { withinMs: 15_000 })
    const url = /http:\/\/127\.0\.0\.1:\d+\/api\/v1/.exec(seen)![0]
    const [, key = ''] = /It is shown this once:\s+(\S+)/.exec(seen) ?? []
    expect(key).toMatch(TOKEN)
    expect((await fetch(`${url}/keys`, { headers: authorization(key) })).status).toBe(200)
  } finally {
    child.kill('SIGTERM')
    await child.exited
    child.terminal?.close()
  }
})
