// `npm start`: installs what is pinned, builds the executable, runs `zerg serve`. What is done already is skipped.
// `npm run dev` (--watch): runs from source and starts again when a file changes.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { become, prepare, root } from './setup.mjs'

const [first, ...rest] = process.argv.slice(2)
const watch = first === '--watch'
const args = watch || first === undefined ? rest : [first, ...rest]
const bun = prepare()

if (watch) {
  become(bun, ['--watch', '--no-clear-screen', join(root, 'cli/main.ts'), 'serve', ...args])
} else {
  const { status } = spawnSync(bun, [join(root, 'cli/build/build.ts'), '--if-changed'], {
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) process.exit(1)
  become(join(root, 'dist', process.platform === 'win32' ? 'zerg.exe' : 'zerg'), ['serve', ...args])
}
