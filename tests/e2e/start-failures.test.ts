// What a person reads when a start cannot succeed, on the compiled executable.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withoutRights } from '../../bench/lab/spawn-zerg.ts'
import { runZerg, startZerg, ZERG } from '../../bench/lab/zerg.ts'
import { createDatabase, type TestDatabase, withSql } from '../support/postgres.ts'

const FREE = { PORT: '0', ZERG_OPS_PORT: '0', ZERG_GRPC_PORT: '0' }
const SECRET = 'hunter2-planted'

let database: TestDatabase
let empty: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
  empty = await createDatabase({ empty: true })
})
afterAll(async () => {
  await database.drop()
  await empty.drop()
})

const serve = (env: Record<string, string>) =>
  runZerg(['serve'], { env: { ...FREE, ...env }, withinMs: 20_000 })

/** The address of the test server, with parts exchanged. */
function urlWith(change: (url: URL) => void): string {
  const url = new URL(database.url)
  change(url)
  return url.href
}

describe('a start that cannot reach its database', () => {
  test('names host and port, what to try, and never the password', async () => {
    const url = `postgres://zerg:${SECRET}@127.0.0.1:1/zerg`
    const { code, stderr, stdout, tookMs } = await serve({
      DATABASE_URL: url,
      ZERG_START_TIMEOUT: '2s',
      ZERG_DATABASE_CONNECT_TIMEOUT: '1s',
    })
    expect(code).toBe(1)
    expect(stderr).toContain('127.0.0.1:1')
    expect(stderr + stdout).not.toContain(SECRET)
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/)
    expect(tookMs).toBeLessThan(10_000)
  })

  test('gives up within ten seconds when nobody answers at all', async () => {
    // A listener that accepts and stays silent, as a wrong port often does.
    const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    try {
      const url = `postgres://zerg:${SECRET}@127.0.0.1:${silent.port}/zerg`
      const { code, stderr, tookMs } = await serve({
        DATABASE_URL: url,
        ZERG_DATABASE_TLS: 'disable',
      })
      expect(code).toBe(1)
      expect(stderr).toContain(String(silent.port))
      expect(tookMs).toBeLessThan(10_000)
    } finally {
      silent.stop(true)
    }
  })

  test('says that the database does not exist', async () => {
    const { code, stderr } = await serve({
      DATABASE_URL: urlWith(url => (url.pathname = '/nowhere')),
    })
    expect(code).toBe(1)
    expect(stderr).toContain('nowhere')
  })

  test('says that the role may not log in', async () => {
    const url = urlWith(url => (url.username = 'nobody_here'))
    const { code, stderr } = await serve({ DATABASE_URL: url })
    expect(code).toBe(1)
    expect(stderr).toContain('nobody_here')
  })

  test('names the command when the schema is not there yet', async () => {
    const { code, stderr } = await serve({ DATABASE_URL: empty.url })
    expect(code).toBe(1)
    expect(stderr).toContain('zerg migrate up')
  })

  test('names the command when the role has no rights on the tables', async () => {
    const role = `zerg_none_${crypto.randomUUID().slice(0, 8)}`
    await withSql(database.url, sql => sql.unsafe(`create role ${role} login`))
    try {
      const { code, stderr } = await serve({ DATABASE_URL: urlWith(url => (url.username = role)) })
      expect(code).toBe(1)
      expect(stderr).toContain('zerg migrate grant')
    } finally {
      await withSql(database.url, sql => sql.unsafe(`drop role ${role}`))
    }
  })
})

test.each([['PORT'], ['ZERG_OPS_PORT'], ['ZERG_GRPC_PORT']])(
  'a taken %s is named together with the process that has it',
  async name => {
    const other = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
    try {
      const { code, stderr } = await serve({ ZERG_EPHEMERAL: 'true', [name]: String(other.port) })
      expect(code).toBe(1)
      expect(stderr).toContain(String(other.port))
      expect(stderr).toContain(`process ${process.pid}`)
      expect(stderr).toContain(name)
    } finally {
      other.stop(true)
    }
  },
)

test('an address that is not of this machine is named with HOST', async () => {
  const { code, stderr } = await serve({ ZERG_EPHEMERAL: 'true', HOST: '192.0.2.1' })
  expect(code).toBe(1)
  expect(stderr).toContain('HOST')
})

test('a data directory that cannot be written is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-readonly-'))
  try {
    // A file where a folder is wanted stops root, too.
    writeFileSync(join(folder, 'file'), '')
    const { code, stderr } = await serve({ ZERG_DATA_DIR: join(folder, 'file', 'data') })
    expect(code).toBe(1)
    expect(stderr).toContain(join(folder, 'file'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.if(process.getuid?.() === 0)('a folder of somebody else is refused by name', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-locked-'))
  const home = mkdtempSync(join(tmpdir(), 'zerg-home-'))
  try {
    mkdirSync(join(folder, 'data'))
    chmodSync(folder, 0o755)
    chownSync(home, 65_534, 65_534)
    const child = Bun.spawn(withoutRights(65_534, [ZERG, 'serve']), {
      cwd: home,
      env: { ...FREE, ZERG_DATA_DIR: join(folder, 'data') },
      stdout: 'ignore',
      stderr: 'pipe',
    })
    const stderr = await new Response(child.stderr).text()
    expect(await child.exited).toBe(1)
    expect(stderr).toContain(join(folder, 'data'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
    rmSync(home, { recursive: true, force: true })
  }
})

test('a second process on the same data is refused, and the first is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-shared-'))
  const env = { ZERG_DATA_DIR: join(folder, 'data') }
  const first = await startZerg({ env })
  try {
    const { code, stderr } = await serve(env)
    expect(code).toBe(1)
    expect(stderr).toContain(String(first.pid))
  } finally {
    await first.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('production refuses what is embedded, with the fix, as a problem of configuration', async () => {
  const { code, stderr } = await serve({ ZERG_ENV: 'production' })
  expect(code).toBe(78)
  expect(stderr).toContain('DATABASE_URL')
})

test('every broken setting is told at once', async () => {
  const { code, stderr } = await serve({
    PORT: 'http',
    ZERG_DRAIN_MAX: 'soon',
    ZERG_DRIAN_MAX: '1s',
  })
  expect(code).toBe(78)
  for (const part of ['PORT', 'http', 'ZERG_DRAIN_MAX', 'soon', 'ZERG_DRIAN_MAX'])
    expect(stderr).toContain(part)
})

test('an unknown flag is a matter of usage', async () => {
  const { code, stderr } = await runZerg(['serve', '--prot', '80'])
  expect(code).toBe(2)
  expect(stderr).toContain('--port')
})
