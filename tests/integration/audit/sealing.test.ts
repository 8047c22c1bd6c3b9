// The chain of the audit log as it grows: in order, without gaps, and never past an open transaction.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import { record } from '#platform/audit/record.ts'
import { parseHead } from '#platform/audit/heads.ts'
import { readLinks } from '#platform/audit/chain.ts'
import type { Tx } from '#platform/postgres/database.ts'
import { callBy, databases, type OpenedDatabase } from '../../support/databases.ts'
import { eventually, rejection } from '../../support/eventually.ts'
import { aSealer, entriesIn } from '../../support/audit.ts'

for (const { name, open } of databases)
  describe(`sealing on ${name}`, () => {
    let opened: OpenedDatabase
    const release: (() => void)[] = []
    beforeAll(async () => {
      opened = await open()
    }, 60_000)
    afterEach(() => {
      for (const end of release.splice(0)) end()
    })
    afterAll(() => opened.close(), 20_000)
    beforeEach(async () => {
      await seal()
    })

    test('every entry gets its link, in order, and the head goes to the log', async () => {
      const before = await linksOf()
      const ids = [newId(), newId(), newId()]
      for (const id of ids) await write(id)
      const { sealer, lines, metrics } = aSealer(opened.database)
      expect(await sealer.seal(AbortSignal.timeout(5_000))).toBe(3)

      const links = (await linksOf()).slice(before.length)
      const seqs = await Promise.all(
        ids.map(async id => (await entriesIn(opened.database, id))[0]!.seq),
      )
      expect(links.map(({ seq }) => seq)).toEqual(seqs)
      const line = lines.find(({ msg }) => msg === 'audit_sealed')
      expect(line).toMatchObject({ entries: 3, total: before.length + 3 })
      expect(parseHead(String(line!['head']))).toMatchObject({ total: before.length + 3 })
      expect(await metrics.registry.metrics()).toContain('zerg_audit_entries_sealed_total 3')
    })

    test('nothing new is no seal', async () => {
      const before = await sealsOf()
      expect(await seal()).toBe(0)
      expect(await sealsOf()).toEqual(before)
    })

    test('many entries become several seals, each chained to the one before', async () => {
      const from = (await sealsOf()).length
      for (let index = 0; index < 7; index++) await write(newId())
      await aSealer(opened.database, { batchMax: 3 }).sealer.seal(AbortSignal.timeout(5_000))
      const made = (await sealsOf()).slice(from)
      expect(made.map(({ entries }) => entries)).toEqual([3, 3, 1])
      expect(made.map(({ number }) => Number(number) - from)).toEqual([1, 2, 3])
    })

    // Two leaders there must never be, but if there were, the chain would not fork.
    test('sealers that do not know of each other make one chain', async () => {
      const before = await linksOf()
      for (let index = 0; index < 20; index++) await write(newId())
      const sealers = [1, 2, 3].map(() => aSealer(opened.database, { batchMax: 2 }).sealer)
      const sealed = await Promise.all(sealers.map(it => it.seal(AbortSignal.timeout(10_000))))
      expect(sealed.reduce((sum, count) => sum + count)).toBe(20)
      const links = (await linksOf()).slice(before.length)
      expect(new Set(links.map(({ seq }) => seq)).size).toBe(20)
    })

    if (name.startsWith('PostgreSQL')) {
      // A later entry that was sealed first would leave no place for this one.
      test('an entry waits while a transaction from before it is open, and is then in its place', async () => {
        const [early, late] = [newId(), newId()]
        const before = await linksOf()
        const { tx, commit } = await openTransaction()
        await record(tx, callBy(), entry(early))
        await write(late)
        expect(await seal()).toBe(0)
        await commit()
        expect(await seal()).toBe(2)
        const seqs = (await linksOf()).slice(before.length).map(({ seq }) => seq)
        const [first] = await entriesIn(opened.database, early)
        const [second] = await entriesIn(opened.database, late)
        expect(seqs).toEqual([first!.seq, second!.seq])
      })

      test('what an open transaction writes at its end has its place by when it began', async () => {
        const [early, late] = [newId(), newId()]
        const before = await linksOf()
        const { tx, commit } = await openTransaction()
        // It has its number as a transaction by now, and nothing written yet.
        await tx.run(sql => sql`select pg_current_xact_id()`)
        await write(late)
        expect(await seal()).toBe(0)
        await record(tx, callBy(), entry(early))
        await commit()
        expect(await seal()).toBe(2)
        const seqs = (await linksOf()).slice(before.length).map(({ seq }) => seq)
        const [first] = await entriesIn(opened.database, early)
        const [second] = await entriesIn(opened.database, late)
        expect(seqs).toEqual([first!.seq, second!.seq])
        expect(first!.seq).toBeGreaterThan(second!.seq)
      })

      test('what is rolled back leaves a gap in the numbers, and none in the chain', async () => {
        const { tx, rollback } = await openTransaction()
        await record(tx, callBy(), entry(newId()))
        await write(newId())
        await rollback()
        expect(await seal()).toBe(1)
      })

      test('writers go on while sealing goes on, and every entry is in the chain once', async () => {
        const before = await linksOf()
        const writing = new AbortController()
        const writers = Array.from({ length: 3 }, async (_, writer) => {
          for (let index = 0; index < 60; index++) {
            if (index % 5 === writer)
              await opened.database.transaction(AbortSignal.timeout(10_000), async tx => {
                await record(tx, callBy(), entry(newId()))
                await Bun.sleep(2)
                await record(tx, callBy(), entry(newId()))
              })
            else await write(newId())
          }
        })
        const all = Promise.all(writers).finally(() => writing.abort())
        const { sealer } = aSealer(opened.database, { batchMax: 7 })
        while (!writing.signal.aborted) await sealer.seal(AbortSignal.timeout(10_000))
        await all
        await eventually(async () => {
          await sealer.seal(AbortSignal.timeout(10_000))
          const links = (await linksOf()).slice(before.length)
          expect(links.length).toBe(3 * 60 + 3 * 12)
          expect(new Set(links.map(({ seq }) => seq)).size).toBe(links.length)
        })
      }, 20_000)
    }

    async function openTransaction() {
      const end = Promise.withResolvers<void>()
      const began = Promise.withResolvers<Tx>()
      release.push(end.resolve)
      const over = opened.database.transaction(AbortSignal.timeout(10_000), async tx => {
        began.resolve(tx)
        await end.promise
      })
      return {
        tx: await began.promise,
        commit: () => (end.resolve(), over),
        rollback: () => (end.reject(new Error('no')), rejection(over)),
      }
    }

    const entry = (id: string) =>
      ({ action: 'things.change', kind: 'thing', id, outcome: 'done' }) as const

    const write = (id: string) =>
      record(opened.database.on(AbortSignal.timeout(5_000)), callBy(), entry(id))

    const seal = () => aSealer(opened.database).sealer.seal(AbortSignal.timeout(10_000))

    const sealsOf = () =>
      opened.database
        .on(AbortSignal.timeout(5_000))
        .run(sql =>
          sql.unsafe<{ number: number; entries: number; links: Uint8Array }[]>(
            'select number, entries, links from audit_seals order by number',
          ),
        )

    const linksOf = async () => (await sealsOf()).flatMap(({ links }) => readLinks(links))
  })
