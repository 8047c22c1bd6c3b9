// Whether clients that never end their heads slow the others down.

import { join } from 'node:path'
import { authorization } from './credentials.ts'
import { startZerg } from './zerg.ts'

export type SlowHeadsTrial = {
  sockets: number
  /** Milliseconds, without the slow ones and with them. */
  before: Figures
  during: Figures
  /** How many of the slow ones the server had ended by itself. */
  ended: number
}

export type Figures = { requests: number; failures: number; p50Ms: number; p99Ms: number }

type Wanted = { sockets: number; forMs: number }

const CLIENTS = 8
const PAUSE_MS = 4

/** Reads lists of tasks over a few connections, before and while so many sockets are half open. */
export async function slowHeadsTrial({ sockets, forMs }: Wanted): Promise<SlowHeadsTrial> {
  const zerg = await startZerg()
  try {
    const read = () => readFor(`${zerg.url}/api/v1/tasks`, authorization(zerg.key), forMs)
    // The first second of a process is no measure.
    await readFor(`${zerg.url}/api/v1/tasks`, authorization(zerg.key), 1_000)
    const before = await read()
    const slow = Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, 'slow-heads.ts'),
        new URL(zerg.url).port,
        `${sockets}`,
      ],
      { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit', timeout: forMs + 60_000 },
    )
    try {
      const said = slow.stdout.getReader()
      await said.read()
      const during = await read()
      void slow.stdin.end()
      const { value } = await said.read()
      const { closed } = JSON.parse(new TextDecoder().decode(value)) as { closed: number }
      return { sockets, before, during, ended: closed }
    } finally {
      slow.kill('SIGKILL')
    }
  } finally {
    await zerg.stop('SIGKILL')
  }
}

async function readFor(url: string, headers: Record<string, string>, forMs: number) {
  const endsAtMs = performance.now() + forMs
  const latencies: number[] = []
  let failures = 0
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (performance.now() < endsAtMs) {
      const askedAtMs = performance.now()
      const answer = await fetch(url, { headers }).catch(() => undefined)
      await answer?.arrayBuffer()
      latencies.push(performance.now() - askedAtMs)
      if (answer?.status !== 200) failures++
      await Bun.sleep(PAUSE_MS)
    }
  })
  await Promise.all(clients)
  latencies.sort((a, b) => a - b)
  const at = (part: number) =>
    Math.round((latencies[Math.floor(latencies.length * part)] ?? 0) * 100) / 100
  return { requests: latencies.length, failures, p50Ms: at(0.5), p99Ms: at(0.99) }
}
