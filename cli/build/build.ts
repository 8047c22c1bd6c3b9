// Makes the executable: `npm run build [-- --target linux-arm64]`. Progress goes to stderr.

import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { commitOf, isCurrent, recordBuild, root } from './fingerprint.ts'

const TARGETS = [
  'linux-x64',
  'linux-arm64',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'windows-x64',
]

const say = (text: string) => void process.stderr.write(`build: ${text}\n`)

const { values } = parseArgs({
  options: { target: { type: 'string' }, 'if-changed': { type: 'boolean' } },
})
const { target } = values

if (target !== undefined && !TARGETS.includes(target)) {
  say(`unknown target ${target}; one of ${TARGETS.join(', ')}`)
  process.exit(2)
}

const name = target === undefined ? 'zerg' : `zerg-${target}`
const suffix = (target ?? process.platform).startsWith('win') ? '.exe' : ''
const outfile = join(root, 'dist', name + suffix)

if (values['if-changed'] && (await isCurrent(outfile))) process.exit(0)

const startedMs = performance.now()
say('making the embedded database')
const { makeEmbeddedData } = await import('./embedded-data.ts')
await makeEmbeddedData()

say('listing what goes in')
const { makeSbom } = await import('./sbom.ts')
await makeSbom()

say(`compiling ${name}`)
await mkdir(join(root, 'dist'), { recursive: true })
const partial = `${outfile}.partial`
const compiled = Bun.spawn(
  [
    process.execPath,
    'build',
    '--compile',
    // The executable must not run a bunfig.toml or read a .env that happens to lie where it is started.
    '--no-compile-autoload-bunfig',
    '--no-compile-autoload-dotenv',
    '--bytecode',
    '--format=esm',
    '--sourcemap',
    `--define=ZERG_COMMIT=${JSON.stringify(await commitOf(root))}`,
    ...(target === undefined ? [] : [`--target=bun-${target}`]),
    'cli/main.ts',
    `--outfile=${partial}`,
  ],
  { cwd: root, stdout: 'pipe', stderr: 'pipe', env: { ...process.env, BUN_BE_BUN: '1' } },
)
const [out, problems, code] = await Promise.all([
  new Response(compiled.stdout).text(),
  new Response(compiled.stderr).text(),
  compiled.exited,
])
if (code !== 0) {
  process.stderr.write(out + problems)
  say('the executable could not be compiled; the lines above say why')
  process.exit(1)
}
// Renamed last, so that a running executable is never half overwritten.
await rename(
  suffix && (await Bun.file(partial + suffix).exists()) ? partial + suffix : partial,
  outfile,
)
// The executable holds its source map; what lies beside it is a copy.
await rm(`${partial}.map`, { force: true })
await recordBuild(outfile)
const sizeMb = Math.round((Bun.file(outfile).size / 1e6) * 10) / 10
say(
  `dist/${name}${suffix}: ${sizeMb} MB in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`,
)
