// What one process leaves behind and another takes up, on every database that Zerg runs on.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import pino from 'pino'
import { emptyCounts, type ShutdownReport } from '#platform/lifecycle/report.ts'
import { processRuns } from '#platform/lifecycle/runs.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import type { Database } from '#platform/postgres/database.ts'
import { databases } from '../../support/databases.ts'

for (const { name, open } of databases) {
  describe(`lives of processes on ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>
    beforeAll(async () => {
      opened = await open()
    }, 60_000)
    afterAll(() => opened.close(), 20_000)
    beforeEach(() => run(opened.database, 'delete from process_runs'))

    test('its figures are added to the series of the one that took it', async () => {
      const dying = await live()
      const counts = emptyCounts()
      counts.requests = { at_signal: 9, finished: 7, aborted: 0, cut: 2 }
      counts.connections.forced = 3
      await dying.end(report({ ...counts, outcome: 'forced', exit_code: 3 }))
      const alive = await live()
      const text = await alive.metrics.registry.metrics()
      expect(text).toContain('zerg_shutdown_ended_total{outcome="forced"} 1')
      expect(text).toContain('zerg_shutdown_requests_drained_total 7')
      expect(text).toContain('zerg_shutdown_requests_cut_total 2')
      expect(text).toContain('zerg_shutdown_connections_forced_total 3')
      expect(text).toContain('zerg_shutdown_phase_seconds_total{phase="drain"} 0.25')
      expect(text).toContain('zerg_shutdown_duration_seconds_count 1')
      await alive.end()
    })

    test('a row that nobody filled in is an unclean end', async () => {
      await run(opened.database, insertRow('11 minutes'))
      const alive = await live()
      await alive.runs.beat()
      expect(await ended(alive, 'unclean')).toBe(1)
      expect(alive.runs.lastShutdown()).toMatchObject({ outcome: 'unclean', report: null })
      await alive.end()
    })

    test('old rows are forgotten once they were counted', async () => {
      for (let index = 0; index < 210; index++)
        await run(opened.database, insertRow('1 day', { counted: index > 1 }))
      const alive = await live()
      await alive.end()
      const [row] = await run(opened.database, 'select count(*)::int as count from process_runs')
      expect(row?.['count']).toBeLessThanOrEqual(204)
      expect(row?.['count']).toBeGreaterThanOrEqual(200)
    })

    test('a process that is no longer there is not missed: its row tells who it was', async () => {
      const alive = await live()
      const [row] = await run(opened.database, 'select instance, version from process_runs')
      expect(row?.['instance']).toEndWith(`/${process.pid}`)
      expect(row?.['version']).toBe('1.2.3')
      await alive.end()
    })

    // The embedded database belongs to one process, so that there is never another alive.
    if (name.startsWith('PostgreSQL')) {
      test('an end is counted by one of those that live on, once', async () => {
        const [first, second, dying] = await Promise.all([live(), live(), live()])
        await dying.end(report())
        await Promise.all([first.runs.beat(), second.runs.beat(), first.runs.beat()])
        await Promise.all([first.runs.beat(), second.runs.beat()])
        expect((await ended(first)) + (await ended(second))).toBe(1)
        expect(first.runs.lastShutdown()).toMatchObject({ outcome: 'drained', version: '1.2.3' })
        await Promise.all([first.end(), second.end()])
      })

      // After an outage every row looks stale at once; their owners are alive and about to renew them.
      test('a stale row is left alone by one that has just come back itself', async () => {
        await run(opened.database, insertRow('11 minutes'))
        const alive = await live()
        expect(await ended(alive, 'unclean')).toBe(0)
        await alive.end()
      })

      test('one that was taken for dead lives on under a new row', async () => {
        const [taker, slept] = [await live(), await live()]
        await run(opened.database, "update process_runs set seen_at = now() - interval '1 hour'")
        await taker.runs.beat()
        expect(await ended(taker, 'unclean')).toBe(1)
        await slept.runs.beat()
        await slept.end(report())
        await taker.runs.beat()
        expect(await ended(taker, 'drained')).toBe(1)
        await taker.end()
      })
    }

    test('a database that is away stops neither a start nor an end', async () => {
      const broken: Database = {
        ...opened.database,
        on: () => ({ run: () => Promise.reject(new Error('away')) }),
      }
      const alive = await live(broken)
      expect(alive.runs.lastShutdown()).toBeUndefined()
      await alive.end(report())
    })

    async function live(database = opened.database) {
      const metrics = createMetrics()
      let filled: ShutdownReport | undefined
      const resource = processRuns({
        database,
        metrics,
        log: pino({ level: 'silent' }),
        version: '1.2.3',
        report: () => filled,
        // Beats are asked for here, never by themselves.
        heartbeatMs: 60_000,
      })
      const runs = await resource.start(AbortSignal.timeout(5_000))
      return {
        runs,
        metrics,
        /** Without a report: as if it had been killed, but without a timer left behind. */
        end: async (report?: ShutdownReport) => {
          filled = report
          await resource.close?.(runs, 2_000)
        },
      }
    }
  })
}

type Alive = { metrics: ReturnType<typeof createMetrics> }

async function ended({ metrics }: Alive, outcome?: string): Promise<number> {
  const { values } = await metrics.shutdown.ended.get()
  return values
    .filter(value => outcome === undefined || value.labels['outcome'] === outcome)
    .reduce((sum, { value }) => sum + value, 0)
}

const run = (database: Database, text: string) =>
  database.on(AbortSignal.timeout(5_000)).run(sql => sql.unsafe<Record<string, unknown>[]>(text))

function insertRow(age: string, { counted = false } = {}): string {
  const at = `now() - interval '${age}'`
  const values = counted ? `${at}, '${crypto.randomUUID()}'` : 'null, null'
  return `insert into process_runs (id, instance, version, started_at, seen_at, ended_at, taken_by)
          values ('${crypto.randomUUID()}', 'gone/1', '1.2.3', ${at}, ${at}, ${values})`
}

function report(differs: Partial<ShutdownReport> = {}): ShutdownReport {
  return {
    ...emptyCounts(),
    reason: 'SIGTERM',
    outcome: 'drained',
    exit_code: 0,
    exit_reason: 'everything was answered and closed',
    began_at: '2026-01-02T03:04:05.678Z',
    duration_ms: 400,
    phases: [{ name: 'drain', duration_ms: 250, steps: [] }],
    ...differs,
  }
}
