// The compiled executable, as its users meet it: a server on free ports, or one command to its end.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { adminKeyOf, takeKey } from './credentials.ts'
import { freePort, type Spawned, spawnZerg } from './spawn-zerg.ts'

export const ZERG = join(import.meta.dir, '../../dist/zerg')

/** Of every server of the lab, since several of them may share a database. */
export const SECRET = 'LqZ4vN0r8yKX2kT6bP9wC1mE5hJ7sG3d'

type Wanted = {
  env?: Readonly<Record<string, string>>
  flags?: readonly string[]
  /** Without rights, as in a container. Only root can ask for it. */
  uid?: number
  readyWithinMs?: number
  /** Told the process id at once, for what has to happen during the start. */
  onSpawn?: (pid: number) => void
}

export type Zerg = Spawned & {
  url: string
  opsUrl: string
  grpc: string
  /** An administrator's; empty where the server has neither left one nor a database to ask. */
  key: string
}

/** Serves from an empty folder; without DATABASE_URL embedded, and in memory unless told otherwise. */
export async function startZerg({ env = {}, flags = [], ...how }: Wanted = {}): Promise<Zerg> {
  // Asked for at the same time, so that none is given twice.
  const [http, ops, grpc] = await Promise.all([freePort(), freePort(), freePort()])
  const ports = { PORT: `${http}`, ZERG_OPS_PORT: `${ops}`, ZERG_GRPC_PORT: `${grpc}` }
  const hasApi = !(env['ZERG_ROLES'] ?? flags.join(' ')).includes('tasks')
  const keyFile = keyFileFor(env, flags)
  const spawned = await spawnZerg({
    command: [ZERG, 'serve', ...flags],
    env: {
      ...ports,
      ZERG_SECRET: SECRET,
      // A lab asks for more than any client should get.
      ZERG_LIMITS: 'false',
      ZERG_TERMINATION_LOG: '/nonexistent/termination-log',
      ...(keyFile && { ZERG_BOOTSTRAP_KEY_FILE: keyFile }),
      ...env,
    },
    readyUrl: `http://127.0.0.1:${hasApi ? (env['PORT'] ?? http) : (env['ZERG_OPS_PORT'] ?? ops)}/ready`,
    ...how,
  })
  return {
    ...spawned,
    url: `http://127.0.0.1:${env['PORT'] ?? http}`,
    opsUrl: `http://127.0.0.1:${env['ZERG_OPS_PORT'] ?? ops}`,
    grpc: `127.0.0.1:${env['ZERG_GRPC_PORT'] ?? grpc}`,
    key: await keyOf(spawned.folder, { env, keyFile }),
  }
}

const KEY_FILE = 'bootstrap-key'

// One that lies in a data directory stays there, for the next start on it.
const keyFileFor = (env: Readonly<Record<string, string>>, flags: readonly string[]) =>
  ['DATABASE_URL', 'DATABASE_URL_FILE', 'ZERG_DATA_DIR'].some(name => env[name] !== undefined) ||
  flags.some(flag => /^--(?:database-url|data-dir)/.test(flag))
    ? undefined
    : KEY_FILE

type Keeping = { env: Readonly<Record<string, string>>; keyFile: string | undefined }

async function keyOf(folder: string, { env, keyFile }: Keeping): Promise<string> {
  const url = env['DATABASE_URL']
  if (url !== undefined) return await adminKeyOf(url)
  const file = keyFile ?? join(env['ZERG_DATA_DIR'] ?? '', KEY_FILE)
  return takeKey(resolve(folder, file), { isKept: keyFile === undefined }) ?? ''
}

export type Run = { code: number | null; stdout: string; stderr: string; tookMs: number }

/** One command in an empty folder (or `cwd`), ended by force after `withinMs`. */
export async function runZerg(
  args: readonly string[],
  how: { env?: Readonly<Record<string, string>>; cwd?: string; withinMs?: number } = {},
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-run-'))
  const startedMs = performance.now()
  const child = Bun.spawn([ZERG, ...args], {
    cwd: how.cwd ?? folder,
    env: { PATH: process.env['PATH'] ?? '', ...how.env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const limit = setTimeout(() => child.kill('SIGKILL'), how.withinMs ?? 30_000)
  try {
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ])
    const code = await child.exited
    return { code, stdout, stderr, tookMs: performance.now() - startedMs }
  } finally {
    clearTimeout(limit)
    rmSync(folder, { recursive: true, force: true })
  }
}
