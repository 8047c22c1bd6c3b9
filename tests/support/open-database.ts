// A Database opened with settings of the test's choice, and what it logged.

import { Writable } from 'node:stream'
import { pino } from 'pino'
import { systemClock } from '#lib/clock.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { type DatabaseNeeds, openDatabase } from '#platform/postgres/client.ts'
import type { Settings } from '#platform/postgres/options.ts'

export const defaults: Settings = {
  poolMax: 4,
  acquireTimeoutMs: 2_000,
  connectTimeoutMs: 2_000,
  statementTimeoutMs: 10_000,
  lockTimeoutMs: 3_000,
  idleInTransactionTimeoutMs: 10_000,
  pooler: 'none',
  tls: 'prefer',
  tlsCa: undefined,
}

type Given = Partial<Settings> & { logLevel?: string; waitMs?: number }

/** A signal that never aborts. */
export const never = new AbortController().signal

export async function openForTest(url: string, given: Given = {}) {
  const { logLevel = 'info', waitMs = 5_000, ...settings } = given
  const { log, lines } = recordingLog(logLevel)
  const metrics = createMetrics()
  const needs: DatabaseNeeds = {
    source: { url },
    settings: { ...defaults, ...settings },
    log,
    metrics,
    clock: systemClock,
    waitMs,
    signal: never,
  }
  const database = await openDatabase(needs)
  return { database, metrics, lines }
}

export type LogLine = Record<string, unknown> & { msg: string }

/** A log that keeps its lines. */
export function recordingLog(level = 'info') {
  const lines: LogLine[] = []
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(JSON.parse(chunk.toString()))
      done()
    },
  })
  return { log: pino({ level }, stream), lines }
}
