// Periodic work: one instance at a time, at its interval, whatever happens to whoever was at it.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { lastRuns } from '#platform/periodic/periodic-table.ts'
import { type Periodic, type PeriodicTask, periodicWork } from '#platform/periodic/periodic.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import type { Database } from '#platform/postgres/database.ts'
import { databases, type OpenedDatabase } from '../../support/databases.ts'
import { eventually, within } from '../../support/eventually.ts'
import { recordingLog } from '../../support/open-database.ts'

for (const { name, open } of databases)
  describe(`periodic work on ${name}`, () => {
    let opened: OpenedDatabase
    const instances: { close(): Promise<void> }[] = []
    beforeAll(async () => {
      opened = await open()
    }, 60_000)
    afterEach(async () => {
      await Promise.all(instances.splice(0).map(it => it.close()))
    })
    afterAll(() => opened.close(), 20_000)

    test('is done again and again, and the last run is on record', async () => {
      let runs = 0
      const { metrics } = await live({ name: 'count', everyMs: 20, run: async () => ++runs })
      await eventually(() => expect(runs).toBeGreaterThan(2))
      const row = await rowOf('count')
      expect(row).toMatchObject({ error: null, failures: 0, succeeded_at: expect.any(String) })
      const text = await metrics.registry.metrics()
      expect(text).toMatch(/zerg_periodic_runs_total\{task="count",outcome="done"\} [1-9]/)
      expect(text).toMatch(/zerg_periodic_last_success_timestamp_seconds\{task="count"\} \d{10}/)
    })

    test('a run that fails is logged and counted, and the next one comes all the same', async () => {
      let runs = 0
      const run = async () => {
        if (++runs === 1) throw new Error('no luck')
      }
      const { metrics, lines } = await live({ name: 'shaky', everyMs: 20, run })
      await eventually(() => expect(runs).toBeGreaterThan(1))
      await eventually(async () => {
        expect(await rowOf('shaky')).toMatchObject({ error: null, failures: 1 })
      })
      expect(lines.filter(({ msg }) => msg === 'periodic_failed')).toMatchObject([
        { task: 'shaky', err: { message: 'no luck' } },
      ])
      expect(await metrics.registry.metrics()).toContain(
        'zerg_periodic_runs_total{task="shaky",outcome="failed"} 1',
      )
    })

    test('a run that does not end in time is told to, and then left behind', async () => {
      let told = false
      const run = (signal: AbortSignal) => {
        signal.addEventListener('abort', () => (told = true))
        return new Promise(() => {})
      }
      const { periodic, lines } = await live({ name: 'stuck', everyMs: 60_000, maxMs: 20, run })
      expect(await within(periodic.attempt('stuck'))).toBe(true)
      expect(told).toBe(true)
      expect(lines.find(({ msg }) => msg === 'periodic_failed')).toMatchObject({
        err: { message: 'It took longer than 20 ms.' },
      })
    })

    test('closing stops what runs, and does not call that a failure', async () => {
      const began = Promise.withResolvers<void>()
      const run = (signal: AbortSignal) => {
        began.resolve()
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        )
      }
      const { periodic, close, lines } = await live({ name: 'long', everyMs: 60_000, run })
      void periodic.attempt('long')
      await within(began.promise)
      await within(close(), 500)
      expect(lines.filter(({ msg }) => msg === 'periodic_failed')).toEqual([])
    })

    test('a database that is away is waited for, and brings nothing down', async () => {
      let away = true
      let runs = 0
      const flaky: Database = {
        ...opened.database,
        on: signal =>
          away ? { run: () => Promise.reject(new Error('away')) } : opened.database.on(signal),
      }
      const { periodic } = await live(
        { name: 'patient', everyMs: 60_000, run: async () => ++runs },
        flaky,
      )
      expect(await periodic.attempt('patient')).toBe(false)
      away = false
      await periodic.attempt('patient')
      expect(runs).toBe(1)
    })

    test('two tasks of one name are a defect that shows at once', async () => {
      const task = { name: 'twice', everyMs: 60_000, run: async () => {} }
      const { periodic } = await live(task)
      expect(() => periodic.register(task)).toThrow('registered twice')
    })

    // The embedded database belongs to one process, so that there is never another.
    if (name.startsWith('PostgreSQL')) {
      test('many instances together do it once in each interval', async () => {
        let runs = 0
        let going = 0
        const run = async () => {
          expect(++going).toBe(1)
          runs++
          await Bun.sleep(5)
          going--
        }
        const task = { name: 'shared', everyMs: 60_000, run }
        const all = await Promise.all(Array.from({ length: 8 }, () => live(task)))
        await Promise.all(all.map(({ periodic }) => periodic.attempt('shared')))
        expect(runs).toBe(1)
      })

      test('whoever dies at it is replaced when the lease has ended', async () => {
        const dead = await live({ name: 'orphan', everyMs: 50, run: async () => {} })
        await eventually(async () => {
          expect(await rowOf('orphan')).toMatchObject({ runs: expect.any(Number) })
        })
        await dead.close()
        await say(`
          update periodic_tasks set holder = 'gone/1/abc', due_at = now(),
            lease_until = now() + interval '700 ms'
          where name = 'orphan'`)
        let runs = 0
        const heir = await live({ name: 'orphan', everyMs: 60_000, run: async () => ++runs })
        expect(await heir.periodic.attempt('orphan')).toBe(false)
        await eventually(async () => {
          await heir.periodic.attempt('orphan')
          expect(runs).toBe(1)
        })
      })

      test('a long run keeps its lease, and one whose lease was lost is stopped', async () => {
        const ended = Promise.withResolvers<unknown>()
        const run = (signal: AbortSignal) =>
          new Promise((_, reject) =>
            signal.addEventListener('abort', () => {
              ended.resolve(signal.reason)
              reject(signal.reason)
            }),
          )
        const slow = await live({ name: 'slow', everyMs: 60_000, run })
        const going = slow.periodic.attempt('slow')
        await eventually(async () => {
          const [row] = await say(
            "select lease_until > started_at + interval '4.5 s' as renewed from periodic_tasks where name = 'slow'",
          )
          expect(row).toEqual({ renewed: true })
        })
        const other = await live({ name: 'slow', everyMs: 60_000, run: async () => {} })
        expect(await other.periodic.attempt('slow')).toBe(false)
        await say("update periodic_tasks set holder = 'another' where name = 'slow'")
        expect(await within(ended.promise)).toMatchObject({
          message: 'Another instance has taken over.',
        })
        await going
        expect(await rowOf('slow')).toMatchObject({ holder: 'another', finished_at: null })
      }, 15_000)
    }

    async function live(task: PeriodicTask, database = opened.database) {
      const metrics = createMetrics()
      const { log, lines } = recordingLog()
      const resource = periodicWork({ database, metrics, log })
      const periodic = await resource.start(AbortSignal.timeout(5_000))
      instances.push(periodic)
      const only: Periodic = periodic
      periodic.register(task)
      return { periodic: only, close: periodic.close, metrics, lines }
    }

    async function rowOf(task: string) {
      const rows = await lastRuns(opened.database.on(AbortSignal.timeout(5_000)))
      return rows.find(({ name }) => name === task)
    }

    const say = (text: string) =>
      opened.database
        .on(AbortSignal.timeout(5_000))
        .run(sql => sql.unsafe<Record<string, unknown>[]>(text))
  })
