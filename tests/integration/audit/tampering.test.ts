// Whatever a superuser of the database does to the log, verification finds it and names the first.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import { headsIn, type KeptHead } from '#platform/audit/kept-heads.ts'
import { record } from '#platform/audit/record.ts'
import { verifyAudit } from '#platform/audit/verify.ts'
import { aSealer, entriesIn, SECRET, tamper, testKeys } from '../../support/audit.ts'
import { callBy, databases, type OpenedDatabase } from '../../support/databases.ts'
import { rejection } from '../../support/eventually.ts'

for (const { name, open } of databases)
  describe(`verifying the audit log on ${name}`, () => {
    let opened: OpenedDatabase
    let heads: KeptHead[]
    /** Numbers of six entries in three seals of two. */
    let seqs: number[]
    beforeAll(async () => {
      opened = await open()
    }, 60_000)
    afterAll(() => opened.close(), 20_000)
    beforeEach(async () => {
      await say('delete from audit_entries; delete from audit_seals; delete from audit_anchors')
      seqs = []
      for (let index = 0; index < 6; index++) seqs.push(await write())
      heads = await seal(2)
      expect(heads.length).toBe(3)
    })

    test('a log that nobody touched is good', async () => {
      expect(await verify({ heads })).toMatchObject({
        problem: null,
        seals: 3,
        entries: 6,
        total: 6,
        last_seal: 3,
        unsealed: 0,
        unknown_keys: 0,
        heads_compared: 3,
      })
    })

    test('an empty log is good', async () => {
      await say('delete from audit_entries; delete from audit_seals')
      expect(await verify()).toMatchObject({ problem: null, seals: 0, total: 0 })
    })

    test('entries that wait for a seal are told apart, and prove nothing', async () => {
      await write()
      expect(await verify()).toMatchObject({ problem: null, entries: 6, unsealed: 1 })
    })

    const COLUMNS: readonly [string, string][] = [
      ['action', "'things.remove'"],
      ['caller_id', "'00000000-0000-7000-8000-0000000000ff'"],
      ['caller_id', 'null'],
      ['user_id', 'null'],
      ['session_id', "'00000000-0000-7000-8000-0000000000ff'"],
      ['caller_kind', "'key'"],
      ['via', "'cli'"],
      ['address', "'192.0.2.9'"],
      ['request_id', "'another'"],
      ['trace_id', "'another'"],
      ['kind', "'other'"],
      ['subject_id', "'another'"],
      ['project_id', "'00000000-0000-7000-8000-0000000000ff'"],
      ['outcome', "'failed'"],
      ['reason', "'another'"],
      ['before', "'{}'"],
      ['after', `'{"title": "b"}'`],
      ['after', 'null'],
      ['at', "at + interval '1 ms'"],
      ['at', "at - interval '3 months'"],
    ]
    test.each(COLUMNS)('an entry whose %s was set to %s', async (column, value) => {
      await say(`update audit_entries set ${column} = ${value} where seq = ${seqs[3]}`)
      const { problem } = await verify()
      expect(problem).toMatchObject({ kind: 'altered', seal: 2, entry: { seq: seqs[3] } })
      expect(problem?.says).toContain(`Entry ${seqs[3]} `)
    })

    test('of several it names the first', async () => {
      await say(`update audit_entries set action = 'x' where seq in (${seqs[4]}, ${seqs[1]})`)
      expect(await verify()).toMatchObject({
        problem: { kind: 'altered', entry: { seq: seqs[1] } },
      })
    })

    test.each([0, 1, 2, 5])('entry %d removed', async index => {
      await say(`delete from audit_entries where seq = ${seqs[index]}`)
      expect(await verify()).toMatchObject({
        problem: { kind: 'removed', seal: Math.floor(index / 2) + 1, entry: { seq: seqs[index] } },
      })
    })

    test('an entry that was inserted afterwards, wherever it stands', async () => {
      for (const index of [0, 2, 5]) {
        const seq = 900_000 + index
        await say(`
          insert into audit_entries (seq, at, xid, caller_kind, via, request_id, action, kind)
          select ${seq}, at, xid, 'user', 'http', 'r', 'things.change', 'thing'
          from audit_entries where seq = ${seqs[index]} and ${index} < 5
          union all
          select 0, at, xid, 'user', 'http', 'r', 'things.change', 'thing'
          from audit_entries where seq = ${seqs[index]} and ${index} = 5`)
        expect(await verify()).toMatchObject({
          problem: { kind: 'inserted', entry: { seq: index === 5 ? 0 : seq } },
        })
        await say(`delete from audit_entries where seq in (0, ${seq})`)
      }
    })

    test('an entry that was moved to another place', async () => {
      await say(`update audit_entries set seq = 800000 where seq = ${seqs[2]}`)
      expect(await verify()).toMatchObject({
        problem: { kind: 'reordered', entry: { seq: seqs[2] } },
      })
    })

    test('two entries that changed places', async () => {
      const [a, b] = [seqs[1]!, seqs[4]!]
      await say(`
        create temporary table places as
          select seq, xid from audit_entries where seq in (${a}, ${b});
        update audit_entries e set seq = p.seq + 700000, xid = p.xid from places p
          where p.seq <> e.seq and e.seq in (${a}, ${b});
        update audit_entries set seq = seq - 700000 where seq > 700000;
        drop table places`)
      expect(await verify()).toMatchObject({ problem: { kind: 'reordered', entry: { seq: a } } })
    })

    test('an entry that was altered together with its link', async () => {
      await say(`
        update audit_entries set action = 'x' where seq = ${seqs[3]};
        update audit_seals set links = overlay(links placing '\\x00'::bytea from 80) where number = 2`)
      expect(await verify()).toMatchObject({ problem: { kind: 'seal_altered', seal: 2 } })
    })

    test.each([
      ["head = sha256('x')", 'altered'],
      ["signature = sha256('x')", 'altered'],
      ['total = total + 1', 'altered'],
      ["sealed_at = sealed_at - interval '1 day'", 'altered'],
    ])('a seal with %s', async change => {
      await say(`update audit_seals set ${change} where number = 2`)
      expect(await verify()).toMatchObject({ problem: { kind: 'seal_altered', seal: 2 } })
    })

    test('a seal that is missing', async () => {
      await say('delete from audit_seals where number = 2')
      expect(await verify()).toMatchObject({ problem: { kind: 'seal_missing', seal: 2 } })
    })

    // Nothing in the database tells; only who kept a head elsewhere knows.
    test('an end that was cut off, entries and seals together, by a head that was kept', async () => {
      await say(`
        delete from audit_entries where seq in (${seqs[4]}, ${seqs[5]});
        delete from audit_seals where number = 3`)
      expect(await verify()).toMatchObject({ problem: null, entries: 4 })
      expect(await verify({ heads })).toMatchObject({ problem: { kind: 'chain_cut', seal: 3 } })
    })

    test('a chain that was written anew by somebody else’s key', async () => {
      await say(`delete from audit_seals; delete from audit_entries where seq = ${seqs[2]}`)
      await seal(2, 'the secret of whoever wrote the chain anew')
      expect(await verify()).toMatchObject({ problem: { kind: 'key_unknown', seal: 3 } })
    })

    test('a chain that was written anew by our own key, by a head that was kept', async () => {
      await say(`delete from audit_seals; delete from audit_entries where seq = ${seqs[2]}`)
      await seal(2)
      expect(await verify()).toMatchObject({ problem: null, entries: 5 })
      expect(await verify({ heads })).toMatchObject({
        problem: { kind: 'chain_rewritten', seal: 2 },
      })
    })

    test('a kept head that was itself altered accuses nobody', async () => {
      const [first, ...rest] = heads
      const altered = [{ ...first!, total: 17 }, ...rest]
      expect(await verify({ heads: altered })).toMatchObject({
        problem: { kind: 'head_altered', seal: 1 },
      })
    })

    test('seals of the secret before this one are good, and of one longer ago vouched for', async () => {
      const secret = 'a secret that came after the first one'
      await write()
      await seal(2, secret)
      expect(await verify({ keys: testKeys(secret, SECRET) })).toMatchObject({
        problem: null,
        unknown_keys: 0,
      })
      expect(await verify({ keys: testKeys(secret) })).toMatchObject({
        problem: null,
        unknown_keys: 3,
      })
    })

    test('an ordinary hand is refused: nothing is updated, deleted or truncated', async () => {
      for (const statement of [
        "update audit_entries set action = 'x'",
        'delete from audit_entries',
        'truncate audit_entries',
        'truncate audit_entries_default',
        'update audit_seals set total = 1',
        'delete from audit_seals',
        'truncate audit_seals',
      ]) {
        const refused = opened.database
          .on(AbortSignal.timeout(5_000))
          .run(sql => sql.unsafe<object[]>(statement))
        expect(await rejection(refused), statement).toMatchObject({ code: '23001' })
      }
    })

    const say = (text: string) => tamper(opened.database, text)

    const verify = (given: Partial<Parameters<typeof verifyAudit>[0]> = {}) =>
      verifyAudit({
        database: opened.database,
        signal: AbortSignal.timeout(20_000),
        keys: testKeys(),
        pageSeals: 2,
        ...given,
      })

    async function write(): Promise<number> {
      const [id, call] = [
        newId(),
        callBy({ sessionId: newId(), address: '192.0.2.1', traceId: 't' }),
      ]
      await record(opened.database.on(call.signal), call, {
        action: 'things.change',
        kind: 'thing',
        id,
        outcome: 'done',
        projectId: newId(),
        reason: 'none',
        before: { title: '' },
        after: { title: 'a' },
      })
      return (await entriesIn(opened.database, id))[0]!.seq
    }

    async function seal(batchMax: number, secret = SECRET): Promise<KeptHead[]> {
      const { sealer, lines } = aSealer(opened.database, { batchMax, secret })
      await sealer.seal(AbortSignal.timeout(10_000))
      return headsIn(lines.map(line => JSON.stringify(line)).join('\n'))
    }
  })
