// What happens when the event loop does not turn any more: nothing in JavaScript can help then.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { freePort, spawnZerg, type Spawned } from '../../../bench/lab/spawn-zerg.ts'
import { compileDrainFixture } from '../../support/compiled-fixture.ts'
import { eventually, within } from '../../support/eventually.ts'
import { testWith } from '../../support/tools.ts'

const BUDGET_MS = 2_000

let fixture: Awaited<ReturnType<typeof compileDrainFixture>>
beforeAll(async () => {
  fixture = await compileDrainFixture()
}, 60_000)
afterAll(() => fixture.remove())

describe('a loop that never yields', () => {
  test('before SIGTERM: the process ends within its budget all the same', async () => {
    await using server = await started()
    await wedge(server)
    const beganAtMs = performance.now()
    server.signal('SIGTERM')
    expect(await within(server.exited, 20_000)).toEqual({ code: 3, signal: null })
    expect(performance.now() - beganAtMs).toBeLessThan(BUDGET_MS + 500)
    expect(server.output()).not.toContain('draining')
  }, 30_000)

  test('after SIGTERM: the process ends at the end of its budget', async () => {
    await using server = await started()
    server.ask('/slow')
    await eventually(async () => expect(await server.inFlight()).toBeGreaterThan(0))
    const beganAtMs = performance.now()
    server.signal('SIGTERM')
    await eventually(() => expect(server.output()).toContain('draining'))
    server.ask('/wedge')
    expect(await within(server.exited, 20_000)).toEqual({ code: 3, signal: null })
    expect(performance.now() - beganAtMs).toBeLessThan(BUDGET_MS + 500)
    expect(server.output()).not.toContain('shutdown_report')
  }, 30_000)

  // The kernel spares PID 1 from signals that it has no handler for.
  testWith('unshare')(
    'as PID 1, as in a container',
    async () => {
      await using server = await started(['unshare', '--pid', '--fork', '--kill-child'])
      await wedge(server)
      expect(await within(server.exited, 20_000)).toEqual({ code: 3, signal: null })
    },
    30_000,
  )
})

describe('a process that is held', () => {
  // A closed laptop, a debugger, or `kill -STOP` is not a wedged loop.
  test('goes on afterwards, however long it was', async () => {
    await using server = await started([], { FIXTURE_BUDGET_MS: '600' })
    server.signal('SIGSTOP')
    await Bun.sleep(1_500)
    server.signal('SIGCONT')
    expect((await fetch(server.url('/'))).status).toBe(200)
    server.signal('SIGTERM')
    expect(await within(server.exited)).toEqual({ code: 0, signal: null })
  }, 30_000)

  test('is not ended for being busy, as long as its loop turns', async () => {
    await using server = await started([], { FIXTURE_BUDGET_MS: '600' })
    const busy = Array.from({ length: 4 }, async () => {
      const endsAtMs = performance.now() + 1_500
      while (performance.now() < endsAtMs) await fetch(server.url('/busy'))
    })
    await Promise.all(busy)
    expect((await fetch(server.url('/'))).status).toBe(200)
  }, 30_000)
})

describe('the thread of other platforms', () => {
  test.each(['work', 'time'])(
    'ends a wedged loop by %s, with 3',
    async kind => {
      const source = join(import.meta.dir, '../../support/watcher-fixture.ts')
      const child = Bun.spawn([process.execPath, source, kind], { stdout: 'pipe' })
      expect(await within(child.exited, 10_000)).toBe(3)
      expect(await child.stdout.text()).toBe('wedged\n')
    },
    15_000,
  )
})

async function started(wrapper: readonly string[] = [], env: Record<string, string> = {}) {
  const port = await freePort()
  const server: Spawned = await spawnZerg({
    command: [...wrapper, fixture.path],
    env: { PORT: String(port), FIXTURE_BUDGET_MS: String(BUDGET_MS), ...env },
    readyUrl: `http://127.0.0.1:${port}/ready`,
  })
  const url = (path: string) => `http://127.0.0.1:${port}${path}`
  const pending = new AbortController()
  return {
    ...server,
    url,
    /** Does not wait for the answer: there may be none. */
    ask: (path: string) => void fetch(url(path), { signal: pending.signal }).catch(() => undefined),
    /** Besides the one that asks. */
    async inFlight() {
      const answer = await fetch(url('/in-flight'))
      return Number(await answer.text()) - 1
    },
    async [Symbol.asyncDispose]() {
      pending.abort()
      await server.stop('SIGKILL')
    },
  }
}

async function wedge(server: Awaited<ReturnType<typeof started>>) {
  server.ask('/wedge')
  const answers = () =>
    fetch(server.url('/'), { signal: AbortSignal.timeout(100) }).then(
      () => true,
      () => false,
    )
  await eventually(async () => expect(await answers()).toBe(false))
}
