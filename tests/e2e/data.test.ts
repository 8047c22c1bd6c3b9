// What was acknowledged is there: after an end, after kill -9, on the compiled executable.

import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authorization } from '../../bench/lab/credentials.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zerg-data-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

// The tester's own kept-alive connections need not be waited for.
const impatient = { ZERG_DRAIN_MAX: '200ms' }
const start = () => startZerg({ env: { ...impatient, ZERG_DATA_DIR: join(folder, 'data') } })

async function create(zerg: Zerg, title: string): Promise<string> {
  const made = await fetch(`${zerg.url}/api/v1/tasks`, {
    method: 'POST',
    headers: { ...authorization(zerg.key), 'content-type': 'application/json' },
    body: JSON.stringify({ title }),
  })
  if (made.status !== 201) throw new Error(`answered ${made.status}`)
  return ((await made.json()) as { id: string }).id
}

const find = async (zerg: Zerg, id: string) =>
  (await fetch(`${zerg.url}/api/v1/tasks/${id}`, { headers: authorization(zerg.key) })).status

test('an embedded database is there again after an end', async () => {
  const first = await start()
  const id = await create(first, 'Kept')
  expect((await first.stop()).code).toBe(0)
  const second = await start()
  expect(await find(second, id)).toBe(200)
  await second.stop()
})

test('in memory nothing is kept, and nothing is written', async () => {
  const first = await startZerg({ env: impatient, flags: ['--ephemeral'] })
  const id = await create(first, 'Gone')
  const files = [...new Bun.Glob('**/*').scanSync({ cwd: first.folder, dot: true })]
  expect(files.filter(file => file !== '.output')).toEqual([])
  await first.stop()
  const second = await startZerg({ env: impatient, flags: ['--ephemeral'] })
  expect(await find(second, id)).toBe(404)
  await second.stop()
})

test('kill -9 at any moment loses no acknowledged write, and its lock is not in the way', async () => {
  const acknowledged: string[] = []
  for (let round = 0; round < 4; round++) {
    const zerg = await start()
    const lost = []
    for (const id of acknowledged) if ((await find(zerg, id)) !== 200) lost.push(id)
    expect(lost).toEqual([])
    const writers = Array.from({ length: 4 }, () => writeUntilGone(zerg, acknowledged))
    // Any moment will do; a few writes have to be on their way.
    while (acknowledged.length < (round + 1) * 25) await Bun.sleep(3)
    zerg.signal('SIGKILL')
    await Promise.all(writers)
    await zerg.stop('SIGKILL')
  }
})

async function writeUntilGone(zerg: Zerg, acknowledged: string[]): Promise<void> {
  for (;;) {
    const id = await create(zerg, 'Acknowledged').catch(() => undefined)
    if (id === undefined) return
    acknowledged.push(id)
  }
}
