// Runs the command line from source, with an environment of its own.

import { join } from 'node:path'
import { tmpdir } from 'node:os'

export type Ran = { stdout: string; stderr: string; code: number }

type Options = { env?: Readonly<Record<string, string>>; cwd?: string; withinMs?: number }

const main = join(import.meta.dir, '../../cli/main.ts')

/** What a command printed and ended with. A command that does not end in time is killed, and fails. */
export async function runZerg(args: readonly string[], options: Options = {}): Promise<Ran> {
  const child = startZerg(args, { withinMs: 30_000, ...options })
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (child.signalCode !== null) throw new Error(`zerg ${args.join(' ')} did not end: ${stderr}`)
  return { stdout, stderr, code }
}

/** A command that goes on until it is told to stop; killed after two minutes, whatever happens. */
export const startZerg = (args: readonly string[], options: Options = {}) =>
  Bun.spawn([process.execPath, main, ...args], {
    cwd: options.cwd ?? tmpdir(),
    // Nothing of the tester's own settings.
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...options.env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: options.withinMs ?? 120_000,
    killSignal: 'SIGKILL',
  })

/** The same on a terminal: what a person would see, both streams together. */
export async function seeZerg(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  let seen = ''
  const decoder = new TextDecoder()
  const child = Bun.spawn([process.execPath, main, ...args], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', ...env },
    terminal: { data: (_, bytes) => void (seen += decoder.decode(bytes, { stream: true })) },
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  await child.exited
  child.terminal?.close()
  return seen
}

/** A port that nothing has at the moment. */
export async function freePort(): Promise<number> {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } })
  const { port } = listener
  listener.stop(true)
  return port
}
