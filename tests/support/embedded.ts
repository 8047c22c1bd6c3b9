// An embedded PostgreSQL for a test, and programs that use one in a process of their own.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import postgres from 'postgres'
import { type Embedded, openEmbedded } from '#platform/embedded/index.ts'

export const silentLog = pino({ level: 'silent' })

/** In memory, migrated and gone with `close`. With a `dataDir` and `ephemeral: false`, on disk. */
export const openTestEmbedded = (
  given: Partial<Parameters<typeof openEmbedded>[0]> = {},
): Promise<Embedded> =>
  openEmbedded({ dataDir: '', ephemeral: true, sync: true, log: silentLog, ...given })

/** A client of the embedded database; `end` it before the database is closed. */
export function connectTo(embedded: Embedded, more: postgres.Options<Record<string, never>> = {}) {
  const options = {
    socket: embedded.socket,
    max: 1,
    fetch_types: false,
    onnotice: () => {},
    ...more,
  }
  return postgres(options)
}

/** A folder of the test's own; `remove` it in `afterEach`. */
export async function makeFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'zerg-test-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

export type Program = {
  pid: number
  /** The next line it prints, or undefined after its last. */
  line(): Promise<string | undefined>
  kill(): Promise<void>
  /** What it said on stderr, and its exit code. */
  ended(): Promise<{ code: number; said: string }>
}

const running = new Set<Program>()

/** Ends what a failed test has left running. For `afterEach`. */
export async function killPrograms(): Promise<void> {
  for (const program of running) await program.kill()
}

/** Runs a program of tests/support/embedded-programs; `prefix` runs it by another one. */
export function runProgram(
  name: 'write' | 'open' | 'fill',
  { directory, prefix = [] }: { directory: string; prefix?: readonly string[] },
): Program {
  const file = join(import.meta.dir, 'embedded-programs', `${name}.ts`)
  const child = Bun.spawn([...prefix, process.execPath, file, directory], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const said = new Response(child.stderr).text()
  const lines = readLines(child.stdout)
  const program = {
    pid: child.pid,
    line: async () => (await lines.next()).value,
    kill: async () => {
      child.kill('SIGKILL')
      await child.exited
    },
    ended: async () => ({ code: await child.exited, said: await said }),
  }
  running.add(program)
  void child.exited.then(() => running.delete(program))
  return program
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  return undefined
}
