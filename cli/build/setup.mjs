// Installs what is pinned, once, with nothing but Node and npm at hand; then runs a script on Bun:
//   node cli/build/setup.mjs [script.ts [argument…]]
// Plain JavaScript, because it runs before anything is installed.

import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const stampFile = join(root, 'node_modules', '.zerg-setup')
const bootstrapDir = join(root, '.cache', 'bun')

const say = text => process.stderr.write(`setup: ${text}\n`)

function stop(text) {
  say(text)
  process.exit(1)
}

/** Everything that the installed tree depends on. */
function fingerprint() {
  const hash = createHash('sha256')
  for (const file of ['package.json', 'bun.lock']) hash.update(readFileSync(join(root, file)))
  return hash.update(`${process.platform}-${process.arch}`).digest('hex')
}

const isInstalled = () =>
  existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint() && findBun(root)

const bunVersion = () =>
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies.bun

const runs = path =>
  existsSync(path) &&
  spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim() === bunVersion()

/**
 * Bun's npm package links its binary in an install script. Where scripts are switched off the
 * binary is still there, in the package of this platform.
 */
function findBun(folder) {
  const modules = join(folder, 'node_modules')
  const linked = join(modules, 'bun', 'bin', 'bun.exe')
  if (runs(linked)) return linked
  const platforms = join(modules, '@oven')
  if (!existsSync(platforms)) return undefined
  return readdirSync(platforms)
    .map(name => join(platforms, name, 'bin', process.platform === 'win32' ? 'bun.exe' : 'bun'))
    .find(runs)
}

function bootstrapBun() {
  const found = findBun(root) ?? findBun(bootstrapDir)
  if (found) return found
  say(`getting Bun ${bunVersion()} from npm`)
  mkdirSync(bootstrapDir, { recursive: true })
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const flags = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, error } = spawnSync(
    npm,
    ['install', '--prefix', bootstrapDir, ...flags, `bun@${bunVersion()}`],
    { stdio: ['ignore', 2, 2], cwd: bootstrapDir, shell: process.platform === 'win32' },
  )
  if (error)
    stop(`npm could not be started (${error.message}); install Node.js 20 or newer with npm.`)
  if (status !== 0) stop('npm could not install Bun; the lines above say why.')
  const bun = findBun(bootstrapDir)
  if (!bun)
    stop(
      `Bun ${bunVersion()} was installed, but no binary of it runs here (${process.platform} ${process.arch}). ` +
        'If `npm config get ignore-scripts` says true, that is fine; if optional packages are omitted, allow them.',
    )
  return bun
}

function install() {
  const bun = bootstrapBun()
  say('installing what bun.lock pins')
  const { status, stdout, stderr } = spawnSync(
    bun,
    ['install', '--frozen-lockfile', '--no-progress'],
    { stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', cwd: root },
  )
  // What Bun says of a good end (a list, scripts that it did not run) would only make people wonder.
  if (status !== 0) {
    process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`)
    stop('the packages could not be installed; the lines above say why.')
  }
  writeFileSync(stampFile, fingerprint())
}

/** Installs if needed; returns the path of the pinned Bun. */
export function prepare() {
  const major = Number(process.versions.node.split('.')[0])
  if (major < 20)
    stop(`Node.js ${process.versions.node} is too old; version 20 or newer is needed.`)
  if (!isInstalled()) install()
  return findBun(root) ?? bootstrapBun()
}

/** Runs a command to its end and ends as it ended; signals reach it, and Ctrl-C is its to handle. */
export function become(command, args) {
  const child = spawn(command, args, { stdio: 'inherit', cwd: process.cwd() })
  // The terminal sends Ctrl-C to the whole group, so the child has it already.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', error => stop(`${command} could not be started: ${error.message}`))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const bun = prepare()
  const [script, ...args] = process.argv.slice(2)
  if (script) become(bun, [join(root, script), ...args])
}
