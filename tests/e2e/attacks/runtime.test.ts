// What the environment of the executable can do to it. Whoever sets it decides what runs: these tests
// say how far that goes, and that production at least notices.

import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runZerg } from '../../../bench/lab/zerg.ts'

test('BUN_BE_BUN makes it a whole Bun, as docs/security.md says', async () => {
  const { stdout } = await runZerg(['-e', 'console.log(6 * 7)'], { env: { BUN_BE_BUN: '1' } })
  expect(stdout).toBe('42\n')
})

test.each(['BUN_OPTIONS', 'BUN_INSPECT', 'BUN_INSPECT_PRELOAD'])(
  'a server does not start in production with %s',
  async name => {
    const env = {
      ZERG_ENV: 'production',
      [name]: name === 'BUN_OPTIONS' ? '--smol' : '127.0.0.1:0',
    }
    const { code, stderr } = await runZerg(['serve'], { env })
    expect(code).toBe(78)
    expect(stderr).toContain(name)
  },
)

test('what lies in the folder where it is started is not run', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'zerg-trap-'))
  try {
    writeFileSync(join(cwd, 'trap.ts'), 'console.log("trapped"); process.exit(1)')
    writeFileSync(join(cwd, 'bunfig.toml'), 'preload = ["./trap.ts"]\n[run]\nbun = true\n')
    writeFileSync(join(cwd, '.env'), 'PORT=nonsense\nZERG_ENV=production\nBUN_OPTIONS=--smol\n')
    writeFileSync(join(cwd, 'package.json'), '{"imports":{"#lib/*":"./trap.ts"}}')
    writeFileSync(join(cwd, 'tsconfig.json'), '{"compilerOptions":{"paths":{"*":["./trap.ts"]}}}')
    const { code, stdout } = await runZerg(['config', 'check'], { cwd })
    expect(stdout).not.toContain('trapped')
    expect(code).toBe(0)
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
})

test('NODE_OPTIONS changes nothing', async () => {
  const env = { NODE_OPTIONS: '--require=/nonexistent.js' }
  expect((await runZerg(['version'], { env })).code).toBe(0)
})
