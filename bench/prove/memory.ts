// Resident memory at rest and after a million requests, and the size of the executable.

import { statSync } from 'node:fs'
import { costOf, residentMb } from '../costs/cpu.ts'
import { authorization } from '../lab/credentials.ts'
import { startZerg, ZERG } from '../lab/zerg.ts'
import { range, say, type Section } from './section.ts'

const REQUESTS = 1_000_000
const SETTLE_MS = 3_000
const BURST_S = 10
// What a later part of the run may have more than an early one, and still be called flat.
const GROWTH_MB_MAX = 10

export async function proveMemory(databaseUrl: string): Promise<Section> {
  say('memory at rest')
  const atRest = await rest({ DATABASE_URL: databaseUrl })
  const embedded = await rest({ ZERG_EPHEMERAL: 'true' })
  const onDisk = await rest({})
  const { samples, asked } = await soak(databaseUrl)
  const half = Math.floor(samples.length / 2)
  const growth = Math.max(...samples.slice(half)) - Math.max(...samples.slice(1, half))
  const sizeMb = statSync(ZERG).size / 1e6
  return {
    title: 'Memory and size',
    text:
      `At rest: ${SETTLE_MS / 1_000} s after the start. Over ${asked.toLocaleString('en')} requests (GET of one task, 50 connections) resident memory was ` +
      `${range(samples)} MB, sampled after each burst of ${BURST_S} s: ${samples.map(it => it.toFixed(0)).join(', ')}. ` +
      `"Flat" means that the second half's highest sample is at most ${GROWTH_MB_MAX} MB above the first half's.`,
    findings: [
      {
        what: 'resident memory at rest, PostgreSQL outside',
        bar: '< 80 MB',
        measured: `${atRest.toFixed(0)} MB`,
        held: atRest < 80,
      },
      {
        what: 'flat over 1 M requests',
        bar: 'flat',
        measured: `${growth >= 0 ? '+' : ''}${growth.toFixed(1)} MB from the first half to the second`,
        held: growth <= GROWTH_MB_MAX && asked >= REQUESTS,
      },
      {
        what: 'resident memory at rest, embedded (on disk; in memory)',
        bar: '< 220 MB',
        measured: `${onDisk.toFixed(0)} MB; ${embedded.toFixed(0)} MB`,
        held: onDisk < 220 && embedded < 220,
      },
      {
        what: 'size of the executable',
        bar: '< 160 MB',
        measured: `${sizeMb.toFixed(1)} MB`,
        held: sizeMb < 160,
      },
    ],
  }
}

async function rest(env: Record<string, string>): Promise<number> {
  const zerg = await startZerg({ env })
  try {
    await Bun.sleep(SETTLE_MS)
    return residentMb(zerg.pid)
  } finally {
    await zerg.stop()
  }
}

async function soak(databaseUrl: string) {
  const zerg = await startZerg({ env: { DATABASE_URL: databaseUrl, LOG_LEVEL: 'warn' } })
  try {
    const made = await fetch(`${zerg.url}/api/v1/tasks`, {
      method: 'POST',
      headers: { ...authorization(zerg.key), 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Soak' }),
    })
    const { id } = (await made.json()) as { id: string }
    const url = `${zerg.url}/api/v1/tasks/${id}`
    const samples: number[] = []
    let asked = 0
    while (asked < REQUESTS && samples.length < 60) {
      const { requestsPerS } = await costOf({ ...zerg, url }, BURST_S)
      asked += Math.round(requestsPerS * BURST_S)
      samples.push(residentMb(zerg.pid))
      say(`soak: ${asked.toLocaleString('en')} requests, ${samples.at(-1)!.toFixed(0)} MB`)
    }
    return { samples, asked }
  } finally {
    await zerg.stop()
  }
}
