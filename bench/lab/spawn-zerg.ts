// Starts a server's executable in an empty folder of its own, and takes both away again.

import {
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Wanted = {
  command: readonly string[]
  /** All of it: nothing is inherited but PATH. */
  env: Readonly<Record<string, string>>
  /** Without rights, as in a container. Only root can ask for it. */
  uid?: number
  /** Where it says that it is ready, as `http://127.0.0.1:8080/ready`. */
  readyUrl: string
  readyWithinMs?: number
  /** Told the process id at once, for what has to happen during the start. */
  onSpawn?: (pid: number) => void
}

export type Ended = { code: number | null; signal: string | null }

export type Spawned = Awaited<ReturnType<typeof spawnZerg>>

/** Resolves when it is ready; rejects, with what it had said, when it ends before. */
export async function spawnZerg({
  command,
  env,
  uid,
  readyUrl,
  onSpawn,
  readyWithinMs = 15_000,
}: Wanted) {
  const folder = mkdtempSync(join(tmpdir(), 'zerg-lab-'))
  if (uid !== undefined) chownSync(folder, uid, uid)
  const output = join(folder, '.output')
  const file = openSync(output, 'w')
  const startedAtMs = performance.now()
  const child = Bun.spawn(uid === undefined ? [...command] : withoutRights(uid, command), {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdin: 'ignore',
    stdout: file,
    stderr: file,
  })
  closeSync(file)
  onSpawn?.(child.pid)
  const exited: Promise<Ended> = child.exited.then(() => ({
    code: child.exitCode,
    signal: child.signalCode === null ? null : String(child.signalCode),
  }))

  const spawned = {
    pid: child.pid,
    folder,
    exited,
    readyAfterMs: 0,
    output: () => readFileSync(output, 'utf8'),
    /** Its log lines; what is not JSON is left out. */
    logs: () => toLogs(readFileSync(output, 'utf8')),
    signal: (name: NodeJS.Signals) => void process.kill(child.pid, name),
    stop,
  }
  try {
    await waitForReady(readyUrl, { exited, withinMs: readyWithinMs })
  } catch (error) {
    const said = spawned.output()
    await stop('SIGKILL')
    throw new Error(`${String(error)}\n${said}`)
  }
  spawned.readyAfterMs = performance.now() - startedAtMs
  return spawned

  /** Ends it, waits for its end, and removes its folder. */
  async function stop(name: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    if (child.exitCode === null && child.signalCode === null) process.kill(child.pid, name)
    const ended = await exited
    rmSync(folder, { recursive: true, force: true })
    return ended
  }
}

/** Free at this moment; somebody else may take it before it is used. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const server = createServer()
  server.on('error', reject)
  server.listen(0, host, () => {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    server.close(() => (port ? resolve(port) : reject(new Error('No port.'))))
  })
  return promise
}

/** The same command as another user. Only root can ask for it. */
export const withoutRights = (uid: number, [program = '', ...args]: readonly string[]) => [
  ...dropRights(uid),
  reachable(program, uid),
  ...args,
]

// It replaces itself by the command, so that the process id is the server's.
const dropRights = (uid: number) => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${uid}`,
  '--clear-groups',
  '--no-new-privs',
]

const copies = new Map<string, string>()

// A clone below somebody's home cannot be entered by another user: then the program is copied out of it.
function reachable(program: string, uid: number): string {
  const known = copies.get(program)
  if (known) return known
  const asked = Bun.spawnSync([...dropRights(uid), 'test', '-x', program])
  if (asked.success) return program
  const folder = mkdtempSync(join(tmpdir(), 'zerg-copy-'))
  chmodSync(folder, 0o755)
  const copy = join(folder, 'program')
  copyFileSync(program, copy)
  chmodSync(copy, 0o755)
  copies.set(program, copy)
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return copy
}

type Waiting = { exited: Promise<Ended>; withinMs: number }

async function waitForReady(url: string, { exited, withinMs }: Waiting) {
  const endsAtMs = performance.now() + withinMs
  let ended: Ended | undefined
  void exited.then(end => (ended = end))
  while (performance.now() < endsAtMs) {
    if (ended) throw new Error(`It ended with ${ended.code ?? ended.signal} before it was ready.`)
    const answer = await fetch(url, { headers: { connection: 'close' } }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.status === 200) return
    await Bun.sleep(5)
  }
  throw new Error(`It was not ready within ${withinMs} ms.`)
}

type LogLine = Readonly<Record<string, unknown>>

function toLogs(output: string): LogLine[] {
  const lines: LogLine[] = []
  for (const line of output.split('\n')) {
    if (!line.startsWith('{')) continue
    try {
      lines.push(JSON.parse(line))
    } catch {
      // Cut off by a kill.
    }
  }
  return lines
}
