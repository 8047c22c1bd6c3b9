// Raw TCP clients without re-sends, in a process of their own.

import { join } from 'node:path'
import type { Figures, Load } from './raw-connection.ts'

export type { Figures, Load } from './raw-connection.ts'

export type RawClients = {
  /** Resolves when every client has had an answer. */
  started: Promise<void>
  /** Resolves when every client was refused, or after `finish`. */
  figures: Promise<Figures>
  /** Each client ends with the answer that it waits for. */
  finish(): void
  kill(): void
}

/** `ledger` names a file for the ids of what was posted (`ledger.ts`). */
export function startRawClients(load: Load & { ledger?: string }): RawClients {
  const program = join(import.meta.dir, 'raw-client-process.ts')
  const child = Bun.spawn([process.execPath, program, JSON.stringify(load)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const started = Promise.withResolvers<void>()
  const figures = read(child.stdout, started)
  figures.catch(started.reject)
  started.promise.catch(() => undefined)
  return {
    started: started.promise,
    figures,
    finish: () => void child.stdin.end(),
    kill: () => child.kill('SIGKILL'),
  }
}

async function read(
  output: ReadableStream<Uint8Array>,
  started: { resolve(): void },
): Promise<Figures> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true })
    if (text.startsWith('started\n')) started.resolve()
  }
  const last = text.trimEnd().split('\n').at(-1) ?? ''
  if (!last.startsWith('{')) throw new Error('The raw clients ended without their figures.')
  return JSON.parse(last)
}
