// A private PostgreSQL: its own data, its own port on the loopback, gone when the test process is.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { eventually } from './eventually.ts'
import { cacheFolder, findPrograms, handOver, serverUser } from './postgres-programs.ts'
import type { PostgresVersion } from './postgres-programs.ts'

export type PostgresServer = Awaited<ReturnType<typeof startPostgres>>

type Options = { version?: PostgresVersion; settings?: Record<string, string> }

/**
 * Starts a server of its own. Everybody on the loopback is trusted, but members of the role
 * `with_password` need theirs. `settings` are lines of postgresql.conf.
 */
export async function startPostgres({ version = '18', settings = {} }: Options = {}) {
  const programs = findPrograms(version)
  if (!programs) throw new Error(`PostgreSQL ${version} is not installed here: npm install`)
  const folder = mkdtempSync(join(tmpdir(), 'zerg-postgres-'))
  handOver(folder)
  const data = join(folder, 'data')
  const janitor = watchOver(folder)
  copyCluster(programs, version, data)

  const port = await freePort()
  configure(data, { port: String(port), ...settings })
  let server: ChildProcess | undefined
  await start()

  return { version, port, data, url, pid, start, stop, freeze, thaw, drop }

  function url(database = 'postgres', user = 'postgres') {
    return `postgres://${user}@127.0.0.1:${port}/${database}`
  }

  function pid() {
    if (!server?.pid) throw new Error('The server is stopped.')
    return server.pid
  }

  // After a crash a straggler of the old server may hold its memory for a moment; then PostgreSQL
  // refuses to start, and is started again.
  async function start() {
    await eventually(
      async () => {
        if (!server) launch()
        await answers(url())
      },
      { withinMs: 20_000, everyMs: 20 },
    )
  }

  function launch() {
    const child = spawn(join(programs!, 'postgres'), ['-D', data], {
      stdio: 'ignore',
      ...serverUser,
    })
    child.unref()
    child.once('exit', () => {
      if (server === child) server = undefined
    })
    server = child
  }

  /** `fast` ends sessions and closes cleanly, `kill` is a crash: nobody gets to say goodbye. */
  async function stop(how: 'fast' | 'kill' = 'fast') {
    if (!server?.pid) return
    const ended = new Promise(resolve => server?.once('exit', resolve))
    if (how === 'kill') signal('SIGKILL')
    else process.kill(server.pid, 'SIGINT')
    await ended
  }

  /** The server keeps its connections and accepts new ones, but answers nothing. */
  function freeze() {
    signal('SIGSTOP')
  }

  function thaw() {
    signal('SIGCONT')
  }

  // A backend is a child of the server in a process group of its own.
  function signal(name: NodeJS.Signals) {
    const children = spawnSync('pgrep', ['-P', String(pid())], { encoding: 'utf8' })
    for (const id of [pid(), ...children.stdout.split('\n').filter(Boolean).map(Number)])
      try {
        process.kill(id, name)
      } catch {
        // It has ended between the listing and the signal.
      }
  }

  async function drop() {
    if (server) thaw()
    await stop()
    janitor.stdin?.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

// Ends the server and removes its data once our end of the pipe is closed, which the kernel sees to
// even when this process is killed.
function watchOver(folder: string) {
  const script = `
    cat > /dev/null
    if pid=$(head -n 1 "$1/data/postmaster.pid" 2> /dev/null); then
      kill -CONT $pid $(pgrep -P $pid) 2> /dev/null
      kill -QUIT $pid 2> /dev/null
      tries=0
      while kill -0 $pid 2> /dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
    fi
    rm -rf "$1" || { sleep 1; rm -rf "$1"; }`
  const janitor = spawn('/bin/sh', ['-c', script, 'janitor', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...serverUser,
  })
  janitor.unref()
  return janitor
}

// initdb takes a second or two; a copy of what it made takes a tenth of that.
function copyCluster(programs: string, version: PostgresVersion, data: string) {
  const major = /\d+/.exec(run(join(programs, 'postgres'), ['--version']))?.[0]
  const template = join(cacheFolder(), `cluster-${version}-${major}`)
  if (!existsSync(template)) {
    const unfinished = mkdtempSync(join(tmpdir(), 'zerg-initdb-'))
    handOver(unfinished)
    const locale = process.platform === 'linux' ? 'C.UTF-8' : 'en_US.UTF-8'
    const cluster = ['-D', unfinished, '-U', 'postgres', '-A', 'trust', '--no-sync']
    run(join(programs, 'initdb'), [...cluster, '--encoding=UTF8', `--locale=${locale}`])
    try {
      renameSync(unfinished, template)
    } catch {
      // Another test process was faster.
      rmSync(unfinished, { recursive: true, force: true })
    }
  }
  run('cp', ['-R', template, data])
  run('chmod', ['700', data])
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    ...serverUser,
  })
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`)
  return stdout
}

function configure(data: string, settings: Record<string, string>) {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '150',
    shared_buffers: '32MB',
    fsync: 'off',
    synchronous_commit: 'off',
    // Nobody's default: what relies on the server's time zone shows.
    timezone: 'Asia/Kolkata',
    log_min_messages: 'fatal',
    ...settings,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value}'\n`)
  appendFileSync(join(data, 'postgresql.conf'), lines.join(''))
  const rules = readFileSync(join(data, 'pg_hba.conf'), 'utf8')
  const password = 'host all +with_password 127.0.0.1/32 scram-sha-256\n'
  Bun.write(join(data, 'pg_hba.conf'), password + rules)
}

async function answers(url: string) {
  const sql = postgres(url, { max: 1, connect_timeout: 2, fetch_types: false })
  try {
    await sql`select 1`
  } finally {
    await sql.end({ timeout: 1 })
  }
}

export const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
