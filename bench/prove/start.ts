// How long a start takes, from exec to the first 200 of /ready, and how long an idle stop.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median } from '../costs/cpu.ts'
import { startZerg } from '../lab/zerg.ts'
import { range, say, type Section } from './section.ts'

const RUNS = 7

export async function proveStart(databaseUrl: string): Promise<Section> {
  const postgres = { DATABASE_URL: databaseUrl }
  say('start with PostgreSQL, and idle stop')
  const ready: number[] = []
  const stop: number[] = []
  for (let run = 0; run < RUNS; run++) {
    const zerg = await startZerg({ env: postgres })
    ready.push(zerg.readyAfterMs)
    const askedMs = performance.now()
    await zerg.stop()
    stop.push(performance.now() - askedMs)
  }
  const { first, later } = await embeddedStarts()
  return {
    title: 'Start and idle stop',
    text: `${RUNS} starts each, asked every 5 ms; medians, and the range in brackets. The idle stop is from SIGTERM to the end of the process with no connection open.`,
    findings: [
      finding('exec to first 200 of `/ready`, PostgreSQL', ready, 200),
      finding('the same, embedded, first start', first, 1_000),
      finding('the same, embedded, later starts', later, 600),
      finding('SIGTERM to exit, no connection open', stop, 300),
    ],
  }
}

async function embeddedStarts() {
  const first: number[] = []
  const later: number[] = []
  say('start with the embedded database')
  for (let run = 0; run < RUNS; run++) {
    const folder = mkdtempSync(join(tmpdir(), 'zerg-prove-'))
    try {
      const env = { ZERG_DATA_DIR: join(folder, 'data') }
      for (const times of [first, later]) {
        const zerg = await startZerg({ env })
        times.push(zerg.readyAfterMs)
        await zerg.stop()
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  return { first, later }
}

const finding = (what: string, times: readonly number[], barMs: number) => ({
  what,
  bar: `< ${barMs} ms`,
  measured: `${median(times).toFixed(0)} ms (${range(times)})`,
  held: median(times) < barMs,
})
