// The end of a process, on the compiled executable: signals, report, what is kept, exit codes.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authorization } from '../../bench/lab/credentials.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { eventually } from '../support/eventually.ts'
import { createDatabase, type TestDatabase, withSql } from '../support/postgres.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const start = (env: Record<string, string> = {}) =>
  startZerg({ env: { DATABASE_URL: database.url, ...env } })

const reportOf = (zerg: Zerg) =>
  zerg.logs().find(line => line['event'] === 'shutdown_report') as Record<string, unknown>

const headersFor = ({ key }: Zerg) => ({
  ...authorization(key),
  'content-type': 'application/json',
})

async function createTask(zerg: Zerg): Promise<string> {
  const body = JSON.stringify({ title: 'To be locked' })
  const made = await fetch(`${zerg.url}/api/v1/tasks`, {
    method: 'POST',
    headers: headersFor(zerg),
    body,
  })
  return ((await made.json()) as { id: string }).id
}

const patch = (zerg: Zerg, id: string) =>
  fetch(`${zerg.url}/api/v1/tasks/${id}`, {
    method: 'PATCH',
    headers: headersFor(zerg),
    body: JSON.stringify({ title: 'Changed' }),
  })

/** Holds a lock on a task while `work` runs, so that a change of it is a request in flight. */
async function whileLocked(id: string, work: (release: () => void) => Promise<void>) {
  await withSql(database.url, async sql => {
    const released = Promise.withResolvers<void>()
    let working: Promise<void> | undefined
    await sql.begin(async tx => {
      await tx`select 1 from tasks where id = ${id} for update`
      working = work(released.resolve)
      await Promise.race([released.promise, working])
    })
    await working
  })
}

const waitsForLock = () =>
  withSql(database.url, async sql => {
    const rows = await sql`
      select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and state = 'active'
    `
    expect(rows.length).toBeGreaterThan(0)
  })

describe('SIGTERM', () => {
  test('ends an idle process with 0, and the report says that it drained', async () => {
    const zerg = await start()
    zerg.signal('SIGTERM')
    expect(await zerg.exited).toEqual({ code: 0, signal: null })
    expect(reportOf(zerg)).toMatchObject({ reason: 'SIGTERM', outcome: 'drained', exit_code: 0 })
    await zerg.stop()
  })

  test('lets a request in flight finish with its database, however often it is repeated', async () => {
    const zerg = await start({ ZERG_DATABASE_LOCK_TIMEOUT: '9s' })
    const id = await createTask(zerg)
    await whileLocked(id, async release => {
      const answer = patch(zerg, id)
      await eventually(waitsForLock)
      for (let times = 0; times < 5; times++) zerg.signal('SIGTERM')
      await eventually(async () => {
        expect((await fetch(`${zerg.opsUrl}/ready`)).status).toBe(503)
        expect((await fetch(`${zerg.opsUrl}/health`)).status).toBe(200)
      })
      release()
      expect((await answer).status).toBe(200)
      expect((await answer).headers.get('connection')).toBe('close')
    })
    expect(await zerg.exited).toEqual({ code: 0, signal: null })
    await zerg.stop()
  })

  test('answers 503 shortly before the budget ends, and says so with exit code 3', async () => {
    const zerg = await start({
      ZERG_SHUTDOWN_BUDGET: '4s',
      ZERG_DRAIN_MAX: '500ms',
      ZERG_DATABASE_LOCK_TIMEOUT: '30s',
      ZERG_DATABASE_STATEMENT_TIMEOUT: '30s',
      ZERG_REQUEST_TIMEOUT: '40s',
    })
    const id = await createTask(zerg)
    await whileLocked(id, async release => {
      const answer = patch(zerg, id)
      await eventually(waitsForLock)
      zerg.signal('SIGTERM')
      const { status } = await answer
      expect(status).toBe(503)
      expect((await zerg.exited).code).toBe(3)
      release()
    })
    expect(reportOf(zerg)).toMatchObject({ outcome: 'forced', exit_code: 3 })
    await zerg.stop()
  })
})

describe('Ctrl-C', () => {
  test('does not wait for a browser that keeps its connection open', async () => {
    const zerg = await start()
    const { port } = new URL(zerg.url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write('GET /health HTTP/1.1\r\nhost: zerg.test\r\n\r\n')
    await new Promise(resolve => socket.once('data', resolve))
    const askedMs = performance.now()
    zerg.signal('SIGINT')
    expect((await zerg.exited).code).toBe(0)
    expect(performance.now() - askedMs).toBeLessThan(3_000)
    socket.destroy()
    await zerg.stop()
  })

  test('pressed twice cuts what still runs, with exit code 3', async () => {
    const zerg = await start({ ZERG_DATABASE_LOCK_TIMEOUT: '9s' })
    const id = await createTask(zerg)
    await whileLocked(id, async release => {
      const answer = patch(zerg, id).then(
        response => response.status,
        () => 'cut' as const,
      )
      await eventually(waitsForLock)
      zerg.signal('SIGINT')
      await eventually(() => expect(zerg.output()).toContain('draining'))
      zerg.signal('SIGINT')
      expect((await zerg.exited).code).toBe(3)
      expect(['cut', 503]).toContain(await answer)
      release()
    })
    await zerg.stop()
  })
})

test('a signal during the start ends it cleanly', async () => {
  const silent = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  try {
    const starting = startZerg({
      env: {
        DATABASE_URL: `postgres://zerg@127.0.0.1:${silent.port}/zerg`,
        ZERG_DATABASE_TLS: 'disable',
        ZERG_TERMINATION_LOG: '/nonexistent/log',
      },
      onSpawn: pid => setTimeout(() => process.kill(pid, 'SIGTERM'), 1_000),
    })
    const failure = await starting.then(
      () => 'it started',
      error => String(error),
    )
    expect(failure).toContain('ended with 0')
    expect(failure).toContain('shutdown_report')
  } finally {
    silent.stop(true)
  }
})

test('the termination log gets the short report where it exists, and is not made where it does not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-termination-'))
  const file = join(folder, 'log')
  try {
    const without = await start({ ZERG_TERMINATION_LOG: file })
    await without.stop()
    expect(await Bun.file(file).exists()).toBe(false)

    writeFileSync(file, '')
    const zerg = await start({ ZERG_TERMINATION_LOG: file })
    await zerg.stop()
    expect(readFileSync(file, 'utf8')).toContain('drained')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('an end is kept, and counted once over all that live on', async () => {
  const fresh = await createDatabase()
  const env = { DATABASE_URL: fresh.url }
  const dead = await startZerg({ env })
  await dead.stop()
  const living = [await startZerg({ env }), await startZerg({ env })]
  try {
    await eventually(async () => {
      const counts = await Promise.all(living.map(zerg => endedOn(zerg)))
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1)
    })
  } finally {
    for (const zerg of living) await zerg.stop()
    await fresh.drop()
  }
})

async function endedOn(zerg: Zerg): Promise<number> {
  const text = await (await fetch(`${zerg.opsUrl}/metrics`)).text()
  const counts = text.matchAll(/^zerg_shutdown_ended_total\{[^}]*\} (\d+)$/gm)
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
}
