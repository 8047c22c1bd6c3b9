// Compiles the drain fixture once for a test process. The whole executable is tested elsewhere; this is
// for what needs a process to end.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The executable, in a folder that others may read; `remove` takes it away. */
export async function compileDrainFixture() {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-fixture-'))
  chmodSync(folder, 0o755)
  const path = join(folder, 'drain-fixture')
  const source = join(import.meta.dir, 'drain-fixture.ts')
  const child = Bun.spawn(
    [
      process.execPath,
      'build',
      '--compile',
      '--format=esm',
      '--bytecode',
      source,
      `--outfile=${path}`,
    ],
    { cwd: folder, stdout: 'ignore', stderr: 'pipe' },
  )
  const said = await new Response(child.stderr).text()
  if ((await child.exited) !== 0) throw new Error(`The fixture did not compile: ${said}`)
  chmodSync(path, 0o755)
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
