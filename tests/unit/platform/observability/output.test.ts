// Lines on their way out, through real pipes and files.

import { describe, expect, test } from 'bun:test'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOutput } from '#platform/observability/output.ts'
import { eventually, within } from '../../../support/eventually.ts'

describe('output', () => {
  test('is all there after a flush, in order', async () => {
    const { output, read, end } = toFile()
    const lines = Array.from(
      { length: 5_000 },
      (_, index) => `line ${index} äöü ${'x'.repeat(50)}\n`,
    )
    for (const line of lines) output.write(line)
    await output.flush()
    expect(read()).toBe(lines.join(''))
    end()
  })

  test('comes by itself a little later', async () => {
    const { output, read, end } = toFile()
    output.write('one\n')
    expect(read()).toBe('')
    await eventually(() => expect(read()).toBe('one\n'))
    end()
  })

  test('of a line longer than a page is whole', async () => {
    const { output, read, end } = toFile()
    const long = `${'€'.repeat(100_000)}\n`
    for (const line of ['before\n', long, 'after\n']) output.write(line)
    await output.flush()
    expect(read()).toBe(`before\n${long}after\n`)
    end()
  })

  test('goes on after a flush, and after an empty one', async () => {
    const { output, read, end } = toFile()
    await output.flush()
    output.write('one\n')
    await output.flush()
    await output.flush()
    output.write('two\n')
    await output.flush()
    expect(read()).toBe('one\ntwo\n')
    end()
  })

  // `zerg serve | head`: the server goes on when its reader has gone.
  test('without a reader is forgotten', async () => {
    const { output, end } = toFile()
    end()
    for (let index = 0; index < 5_000; index++) output.write(`${'x'.repeat(100)}\n`)
    await within(output.flush())
  })

  test('that nobody reads is bounded, and says what was lost', async () => {
    const script = `
      import { createOutput } from '#platform/observability/output.ts'
      const output = createOutput(1)
      const line = 'x'.repeat(1023) + '\\n'
      for (let index = 0; index < 40_000; index++) output.write(line)
      process.stderr.write('written')
      await Bun.sleep(200)
      for (let waited = 0; waited < 20; waited++) await output.flush()
    `
    const child = Bun.spawn([process.execPath, '-e', script], {
      cwd: join(import.meta.dir, '../../../..'),
      stdout: 'pipe',
      stderr: 'pipe',
    })
    const [text] = await within(
      Promise.all([new Response(child.stdout).text(), child.exited]),
      20_000,
    )
    expect(text).toContain('"msg":"log lines were lost"')
    const lost = Number(/"lost":(\d+)/.exec(text)?.[1])
    const kept = text.split('\n').filter(line => line.startsWith('x'))
    expect(kept.every(line => line.length === 1023)).toBe(true)
    expect(kept.length + lost).toBe(40_000)
  }, 30_000)
})

function toFile() {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-output-'))
  const path = join(folder, 'out')
  const fd = openSync(path, 'a')
  const read = () => readFileSync(path, 'utf8')
  let isOpen = true
  const end = () => {
    if (isOpen) closeSync(fd)
    isOpen = false
    rmSync(folder, { recursive: true, force: true })
  }
  return { output: createOutput(fd), read, end }
}
