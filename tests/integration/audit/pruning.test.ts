// Old months are forgotten, and what is left still verifies; nobody can forget without our key.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { OPERATOR } from '#lib/caller.ts'
import { headsIn } from '#platform/audit/kept-heads.ts'
import { makePartitions } from '#platform/audit/partitions.ts'
import { pruneAudit } from '#platform/audit/prune.ts'
import { record } from '#platform/audit/record.ts'
import { verifyAudit } from '#platform/audit/verify.ts'
import { aSealer, forgetMonths, SECRET, tamper, testKeys } from '../../support/audit.ts'
import { callBy, databases, type OpenedDatabase } from '../../support/databases.ts'
import { rejection } from '../../support/eventually.ts'

for (const { name, open } of databases)
  describe(`pruning the audit log on ${name}`, () => {
    let opened: OpenedDatabase
    beforeEach(async () => {
      opened = await open()
    }, 60_000)
    afterEach(() => opened.close(), 20_000)

    test('whole months go, the rest verifies from the anchor, and pruning is recorded', async () => {
      await fill()
      const heads = await seal()
      expect(await prune('2026-03-17T12:00:00Z')).toEqual({
        pruned_before: '2026-03-01T00:00:00.000Z',
        partitions: ['audit_entries_y2026m01', 'audit_entries_y2026m02'],
        entries: 6,
        seals: 3,
      })
      expect(await seqs()).toEqual([7, 8, 9, 10, expect.any(Number)])
      await seal()
      expect(await verify({ heads })).toMatchObject({
        problem: null,
        total: 11,
        anchor: { seal: 3, pruned_before: '2026-03-01T00:00:00.000Z' },
        heads_pruned: 2,
      })
      const [entry] = await rows(
        'select action, caller_kind, after from audit_entries order by seq desc limit 1',
      )
      expect(entry).toMatchObject({
        action: 'audit.prune',
        caller_kind: 'operator',
        after: { entries: 6, pruned_before: '2026-03-01T00:00:00.000Z' },
      })
    })

    test('a dry run says the same, and does nothing', async () => {
      await fill()
      await seal()
      const planned = await prune('2026-03-17T12:00:00Z', { dryRun: true })
      expect((await seqs()).length).toBe(10)
      expect(await prune('2026-03-17T12:00:00Z')).toEqual(planned)
    })

    test('again and again, also over nothing', async () => {
      await fill()
      await seal()
      for (const before of ['2026-02-01', '2026-02-02', '2026-03-01', '2026-04-01', '2026-05-01']) {
        await prune(`${before}T00:00:00Z`)
        await seal()
        expect(await verify()).toMatchObject({ problem: null })
      }
      expect((await seqs())[0]).toBeGreaterThan(10)
    })

    // A transaction from before midnight may write after one that began past it.
    test('a seal with entries of two months outlives the older ones', async () => {
      await fill()
      await seal(4)
      await prune('2026-03-01T00:00:00Z')
      expect(await verify()).toMatchObject({ problem: null, anchor: { seal: 1 } })
      await tamper(opened.database, 'delete from audit_entries where seq = 7')
      expect(await verify()).toMatchObject({ problem: { kind: 'removed', entry: { seq: 7 } } })
    })

    test('what is not sealed yet keeps its month', async () => {
      await fill()
      const error = await rejection(prune('2026-03-01T00:00:00Z'))
      expect(error).toMatchObject({ message: expect.stringContaining('6 entries') })
      expect((await seqs()).length).toBe(10)
    })

    test('after pruning, what is removed or put back is found all the same', async () => {
      await fill()
      await seal()
      await prune('2026-03-01T00:00:00Z')
      await tamper(opened.database, 'delete from audit_entries where seq = 8')
      expect(await verify()).toMatchObject({ problem: { kind: 'removed', entry: { seq: 8 } } })
      await tamper(opened.database, insert(2, '2026-01-05', 2))
      expect(await verify()).toMatchObject({ problem: { kind: 'inserted', entry: { seq: 2 } } })
    })

    test.each([
      ["pruned_before = pruned_before + interval '1 month'"],
      ['total = total - 1'],
      ["head = sha256('x')"],
      ['number = 4'],
    ])('an anchor with %s is found', async change => {
      await fill()
      await seal()
      await prune('2026-03-01T00:00:00Z')
      await tamper(opened.database, `update audit_anchors set ${change}`)
      expect(await verify()).toMatchObject({ problem: { kind: 'anchor_altered' } })
    })

    test('a month that was dropped without an anchor is missed', async () => {
      await fill()
      await seal()
      await rows(
        "set zerg.audit_maintenance = 'on'; drop table audit_entries_y2026m02; reset zerg.audit_maintenance",
      )
      expect(await verify()).toMatchObject({ problem: { kind: 'removed', entry: { seq: 4 } } })
    })

    test('a log whose every seal was pruned goes on from its anchor', async () => {
      await fill()
      await seal()
      await tamper(opened.database, 'delete from audit_entries where at > now()')
      await prune('2026-06-01T00:00:00Z')
      await seal()
      expect(await verify()).toMatchObject({ problem: null, total: 11, entries: 1 })
    })

    test('months are made ahead, once, and the default one gives up what belongs to them', async () => {
      const on = opened.database.on(AbortSignal.timeout(10_000))
      await record(on, callBy(), ENTRY)
      await seal()
      await forgetMonths(opened.database)
      expect(await makePartitions(on, 2)).toBe(3)
      expect(await makePartitions(on, 2)).toBe(0)
      const [left] = await rows('select count(*)::int as count from audit_entries_default')
      expect(left).toEqual({ count: 0 })
      await record(on, callBy(), ENTRY)
      await seal()
      expect(await verify()).toMatchObject({ problem: null, entries: 2 })
    })

    test('a month that nobody made stops no write', async () => {
      await tamper(opened.database, insert(1, '2031-05-05', 1))
      expect(await seqs()).toEqual([1])
    })

    test('a partition lets nothing be changed either', async () => {
      await makePartitions(opened.database.on(AbortSignal.timeout(10_000)), 0)
      const on = opened.database.on(AbortSignal.timeout(10_000))
      await record(on, callBy(), ENTRY)
      const [partition] = await rows(
        "select tablename as name from pg_tables where tablename like 'audit_entries_y%'",
      )
      const table = String(partition!['name'])
      for (const statement of [
        `update ${table} set action = 'x'`,
        `delete from ${table}`,
        `truncate ${table}`,
        'truncate audit_entries',
      ])
        expect(await rejection(rows(statement)), statement).toMatchObject({ code: '23001' })
    })

    const ENTRY = { action: 'things.change', kind: 'thing', id: null, outcome: 'done' } as const

    /** Ten entries of four months, three in each but the last. */
    async function fill() {
      const months = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4]
      const made = [1, 2, 3].map(month => `select audit_make_partition('2026-0${month}-01')`)
      for (const statement of made) await rows(statement)
      for (const [index, month] of months.entries())
        await tamper(opened.database, insert(index + 1, `2026-0${month}-05`, index + 1))
      await rows("select setval('audit_entries_seq_seq', 10)")
    }

    const insert = (seq: number, at: string, xid: number) =>
      `insert into audit_entries (seq, at, xid, caller_kind, via, request_id, action, kind)
       values (${seq}, '${at}T12:00:00Z', '${xid}', 'user', 'http', 'r', 'things.change', 'thing')`

    const prune = (before: string, given: { dryRun?: boolean } = {}) =>
      pruneAudit({
        database: opened.database,
        keys: testKeys(),
        call: callBy(OPERATOR),
        before: new Date(before),
        ...given,
      })

    async function seal(batchMax = 2) {
      const { sealer, lines } = aSealer(opened.database, { batchMax, secret: SECRET })
      await sealer.seal(AbortSignal.timeout(10_000))
      return headsIn(JSON.stringify(lines))
    }

    const verify = (given: Partial<Parameters<typeof verifyAudit>[0]> = {}) =>
      verifyAudit({
        database: opened.database,
        signal: AbortSignal.timeout(20_000),
        keys: testKeys(),
        ...given,
      })

    const seqs = async () =>
      (await rows('select seq from audit_entries order by seq')).map(({ seq }) => seq)

    const rows = (text: string) =>
      opened.database
        .on(AbortSignal.timeout(10_000))
        .run(sql => sql.unsafe<Record<string, unknown>[]>(text))
  })
