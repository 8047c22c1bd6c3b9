// Refusals in the audit log: those that matter, and never more than the disk can bear.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { ANONYMOUS, type Caller } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import { refusalLog } from '#platform/audit/refusals.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import type { Database } from '#platform/postgres/database.ts'
import { tamper } from '../../support/audit.ts'
import { callBy, databases, type OpenedDatabase } from '../../support/databases.ts'
import { recordingLog } from '../../support/open-database.ts'

for (const { name, open } of databases)
  describe(`refusals on ${name}`, () => {
    let opened: OpenedDatabase
    beforeAll(async () => {
      opened = await open()
    }, 60_000)
    afterAll(() => opened.close(), 20_000)
    beforeEach(() => tamper(opened.database, 'delete from audit_entries'))

    test('each leaves who was refused what, from where, and why', async () => {
      const { refusals, end } = await live()
      const by = callBy({ address: '192.0.2.1', requestId: 'r-1' })
      refusals.note(by, new AppError('forbidden', 'Not yours.'), {
        action: 'tasks.remove',
        kind: 'task',
        id: '42',
      })
      refusals.note(stranger('192.0.2.2'), new AppError('invalid_token', 'No.'))
      await end()
      expect(await entries()).toMatchObject([
        {
          action: 'tasks.remove',
          kind: 'task',
          subject_id: '42',
          outcome: 'refused',
          reason: 'forbidden: Not yours.',
          caller_id: by.caller.id,
          address: '192.0.2.1',
          request_id: 'r-1',
        },
        {
          action: 'requests.refuse',
          kind: 'request',
          reason: 'invalid_token: No.',
          caller_kind: 'anonymous',
          caller_id: null,
          address: '192.0.2.2',
        },
      ])
    })

    test('what is no refusal is passed over, whatever was thrown', async () => {
      const { refusals, end } = await live()
      for (const error of [
        new AppError('task_not_found', 'No.'),
        new AppError('internal', 'No.'),
        new Error('no'),
        undefined,
      ])
        refusals.note(callBy(), error)
      await end()
      expect(await entries()).toEqual([])
    })

    test('one source fills only its share, and what is left out is told as a sum', async () => {
      const { refusals, end, metrics } = await live()
      for (let index = 0; index < 1_000; index++)
        refusals.note(stranger('192.0.2.1'), new AppError('invalid_token', 'No.'))
      refusals.note(stranger('192.0.2.9'), new AppError('authentication_required', 'No.'))
      await end()
      const kept = await entries()
      expect(kept.filter(({ address }) => address === '192.0.2.1').length).toBe(10)
      expect(kept.filter(({ address }) => address === '192.0.2.9').length).toBe(1)
      expect(kept.at(-1)).toMatchObject({
        caller_kind: 'internal',
        after: { left_out: 990, by_code: { invalid_token: 990 } },
      })
      const text = await metrics.registry.metrics()
      expect(text).toContain('zerg_audit_refusals_total{kept="false"} 990')
    })

    test('many sources together fill only theirs', async () => {
      const { refusals, end } = await live({ perMinute: 6 })
      for (let index = 0; index < 5_000; index++)
        refusals.note(stranger(`192.0.2.${index}`), new AppError('invalid_token', 'No.'))
      await end()
      expect((await entries()).length).toBe(60 + 1)
    })

    test('after a while there is room again', async () => {
      let nowMs = 0
      const clock = { nowMs: () => nowMs, elapsedMs: () => nowMs }
      const { refusals, end } = await live({ clock })
      const refuse = () => refusals.note(stranger('192.0.2.1'), new AppError('forbidden', 'No.'))
      for (let index = 0; index < 50; index++) refuse()
      nowMs = 120_000
      for (let index = 0; index < 50; index++) refuse()
      await end()
      expect((await entries()).filter(({ address }) => address === '192.0.2.1').length).toBe(12)
    })

    test('they wait for a database that is away, within the bound', async () => {
      let isAway = true
      const flaky: Pick<Database, 'on'> = {
        on: signal =>
          isAway ? { run: () => Promise.reject(new Error('away')) } : opened.database.on(signal),
      }
      const { refusals, write, end } = await live({ database: flaky, perMinute: 1 })
      for (let index = 0; index < 100; index++)
        refusals.note(stranger(`192.0.2.${index}`), new AppError('forbidden', 'No.'))
      await write()
      expect(await entries()).toEqual([])
      isAway = false
      await end()
      expect(await entries()).toMatchObject([
        ...Array.from({ length: 10 }, (_, index) => ({ address: `192.0.2.${index}` })),
        { after: { left_out: 90 } },
      ])
    })

    test('text that nothing can keep is no way to stay out of the log', async () => {
      const { refusals, end } = await live()
      refusals.note(stranger('a\0b\uD800'), new AppError('forbidden', 'x\0'))
      await end()
      expect((await entries()).length).toBe(1)
    })

    async function live(given: Partial<Parameters<typeof refusalLog>[0]> = {}) {
      const metrics = createMetrics()
      const { log } = recordingLog()
      const resource = refusalLog({
        database: opened.database,
        perMinute: 60,
        log,
        metrics,
        // Asked for here, never by itself.
        writeEveryMs: 60_000,
        ...given,
      })
      const refusals = await resource.start(AbortSignal.timeout(5_000))
      const end = async () => void (await resource.close?.(refusals, 5_000))
      return { refusals, write: refusals.write, end, metrics }
    }

    const stranger = (address: string): { caller: Caller } =>
      callBy({ ...ANONYMOUS, address, requestId: newId() })

    const entries = () =>
      opened.database
        .on(AbortSignal.timeout(5_000))
        .run(sql =>
          sql.unsafe<Record<string, unknown>[]>('select * from audit_entries order by seq'),
        )
  })
