// The proof in short form, on a bare server with the real lifecycle. The long one runs the real server.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import {
  type Cell,
  describeCell,
  isFlawless,
  runShutdownTrial,
} from '../../../bench/lab/shutdown-trial.ts'
import { freePort, spawnZerg } from '../../../bench/lab/spawn-zerg.ts'
import { compileDrainFixture } from '../../support/compiled-fixture.ts'
import { eventually, within } from '../../support/eventually.ts'

// Without root a server can still be started, but not by another user.
const user = process.getuid?.() === 0 ? 'nobody' : 'root'
const onLinux = process.platform === 'linux' ? describe : describe.skip

let fixture: Awaited<ReturnType<typeof compileDrainFixture>>
beforeAll(async () => {
  fixture = await compileDrainFixture()
}, 60_000)
afterAll(() => fixture.remove())

const CELLS: Cell[] = [
  { connections: 64, pauseMaxMs: 0, method: 'POST', host: '127.0.0.1', user: 'root' },
  { connections: 64, pauseMaxMs: 500, method: 'GET', host: 'dual', user },
  { connections: 256, pauseMaxMs: 0, method: 'POST', host: '::1', user },
]

onLinux('SIGTERM under load', () => {
  test.each(CELLS.map(cell => [describeCell(cell), cell] as const))(
    'loses no request: %s',
    async (_, cell) => {
      const kept = join(tmpdir(), `zerg-kept-${crypto.randomUUID()}`)
      writeFileSync(kept, '')
      chmodSync(kept, 0o666)
      try {
        const trial = await runShutdownTrial(
          {
            command: [fixture.path],
            env: (port, host) => ({ PORT: String(port), HOST: host, FIXTURE_LEDGER: kept }),
            paths: { GET: '/', POST: '/' },
            kept: async () => readFileSync(kept, 'utf8').trimEnd().split('\n'),
          },
          cell,
          { loadMs: 300 },
        )
        expect(trial.clients.answered).toBeGreaterThan(cell.connections)
        expect(trial.clients.losses).toEqual([])
        expect(trial.report?.['outcome']).toBe('drained')
        expect(isFlawless(trial)).toBe(true)
      } finally {
        rmSync(kept)
      }
    },
    30_000,
  )
})

// Otherwise a client that sees nothing would prove everything.
test('a server that just stops listening loses requests, and the clients see it', async () => {
  const plain = join(import.meta.dir, '../../support/plain-server.ts')
  const trial = await runShutdownTrial(
    {
      command: [process.execPath, plain],
      env: (port, host) => ({ PORT: String(port), HOST: host }),
      paths: { GET: '/', POST: '/' },
    },
    { connections: 64, pauseMaxMs: 0, method: 'POST', host: '127.0.0.1', user: 'root' },
    { loadMs: 300 },
  )
  expect(trial.clients.lost).toBeGreaterThan(0)
  expect(isFlawless(trial)).toBe(false)
}, 30_000)

describe('a process that is told to stop', () => {
  test('ends within 300 ms when nobody is connected', async () => {
    await using server = await started()
    const beganAtMs = performance.now()
    server.signal('SIGTERM')
    expect(await within(server.exited)).toEqual({ code: 0, signal: null })
    expect(performance.now() - beganAtMs).toBeLessThan(300)
  })

  test('ends half a second after Ctrl-C, with an idle connection open', async () => {
    await using server = await started()
    const idle = connect(server.port, '127.0.0.1')
    await within(new Promise(resolve => idle.on('connect', resolve)))
    // It has been accepted once an answer came to somebody behind it.
    await (await fetch(server.url('/'), { headers: { connection: 'close' } })).text()
    const beganAtMs = performance.now()
    server.signal('SIGINT')
    expect(await within(server.exited)).toEqual({ code: 0, signal: null })
    expect(performance.now() - beganAtMs).toBeGreaterThan(450)
    expect(performance.now() - beganAtMs).toBeLessThan(1_000)
    idle.destroy()
  })

  test('does not wait for half a request that never gets whole', async () => {
    await using server = await started({ FIXTURE_DRAIN_MAX_MS: '200' })
    const slow = connect(server.port, '127.0.0.1')
    slow.on('error', () => undefined)
    slow.write('GET / HTTP/1.1\r\nHost: ')
    await eventually(async () => expect(await server.inFlight()).toBe(0))
    const beganAtMs = performance.now()
    server.signal('SIGTERM')
    expect(await within(server.exited)).toEqual({ code: 0, signal: null })
    expect(performance.now() - beganAtMs).toBeLessThan(2_500)
    slow.destroy()
  })

  test('ends at once on a second Ctrl-C, with 3, when that cuts a request', async () => {
    await using server = await started()
    const stubborn = fetch(server.url('/stubborn')).then(
      () => 'answered',
      () => 'cut',
    )
    await eventually(async () => expect(await server.inFlight()).toBe(1))
    server.signal('SIGINT')
    await eventually(() => expect(server.output()).toContain('draining'))
    server.signal('SIGINT')
    expect(await within(server.exited, 1_500)).toEqual({ code: 3, signal: null })
    expect(await within(stubborn)).toBe('cut')
    expect(server.report()).toMatchObject({ outcome: 'forced', requests: { cut: 1 } })
  })

  test('lets a request give up before its budget is over', async () => {
    await using server = await started({ FIXTURE_BUDGET_MS: '1000' })
    const slow = fetch(server.url('/slow')).then(answer => answer.status)
    await eventually(async () => expect(await server.inFlight()).toBe(1))
    server.signal('SIGTERM')
    expect(await within(slow)).toBe(503)
    expect(await within(server.exited)).toEqual({ code: 3, signal: null })
    expect(server.report()).toMatchObject({ requests: { aborted: 1, cut: 0 } })
  })

  test('during its start closes what it had opened, and ends with 0', async () => {
    const port = await freePort()
    const starting = Bun.spawn([fixture.path], {
      env: { PORT: String(port), FIXTURE_START_MS: '20000' },
      stdout: 'pipe',
    })
    const output: string[] = []
    const decoder = new TextDecoder()
    const reading = (async () => {
      for await (const chunk of starting.stdout) output.push(decoder.decode(chunk))
    })()
    await eventually(() => expect(output.join('')).toContain('slow start'))
    starting.kill('SIGTERM')
    expect(await within(starting.exited)).toBe(0)
    await reading
    expect(output.join('')).toContain('ledger closed')
  })
})

async function started(env: Record<string, string> = {}) {
  const port = await freePort()
  const url = (path: string) => `http://127.0.0.1:${port}${path}`
  const server = await spawnZerg({
    command: [fixture.path],
    env: { PORT: String(port), ...env },
    readyUrl: url('/ready'),
  })
  return {
    ...server,
    port,
    url,
    /** Besides the one that asks. */
    inFlight: async () => {
      const answer = await fetch(url('/in-flight'), { headers: { connection: 'close' } })
      return Number(await answer.text()) - 1
    },
    report: () => server.logs().find(line => line['event'] === 'shutdown_report'),
    async [Symbol.asyncDispose]() {
      await server.stop('SIGKILL')
    },
  }
}
