// Entries of the audit log as features write them, on every database that Zerg runs on.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { NOBODY } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import { record } from '#platform/audit/record.ts'
import { entryOf, WHO_COUNT, whoOf } from '#platform/audit/statement.ts'
import type { Call } from '#lib/call.ts'
import type { Database } from '#platform/postgres/database.ts'
import { callBy, databases, insertProject, type OpenedDatabase } from '../../support/databases.ts'
import { rejection } from '../../support/eventually.ts'

const FULL = {
  kind: 'key',
  sessionId: newId(),
  via: 'grpc',
  address: '192.0.2.7',
  requestId: 'request-1',
  traceId: '0af7651916cd43dd8448eb211c80319c',
} as const

const RENAME = `
  with before as (select id, name from projects where id = $1 for update),
  changed as (
    update projects set name = $2 where id = (select id from before)
    returning id, name
  ),
  entry as (${entryOf({
    action: 'projects.change',
    kind: 'project',
    first: 3,
    from: 'changed join before using (id)',
    id: 'id',
    project: 'id',
    before: "jsonb_build_object('name', before.name)",
    after: "jsonb_build_object('name', changed.name)",
  })})
  select id from changed`

for (const { name, open } of databases)
  describe(`entries of the audit log on ${name}`, () => {
    let opened: OpenedDatabase
    let database: Database
    beforeAll(async () => {
      opened = await open()
      database = opened.database
    }, 60_000)
    afterAll(() => opened.close(), 20_000)

    test('a change leaves its entry in its own statement: who, from where, before and after', async () => {
      const [id, call] = [await insertProject(database), callBy({ ...FULL, id: newId() })]
      const [before] = await rowsOf(
        `select name, pg_current_xact_id()::text as xid from projects where id = '${id}'`,
      )
      await rename(call, id, 'Renamed')

      const [entry, ...others] = await entriesOf(id)
      expect(others).toEqual([])
      expect(entry).toEqual({
        seq: expect.any(Number),
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        xid: expect.stringMatching(/^\d+$/),
        caller_kind: 'key',
        caller_id: call.caller.id,
        user_id: call.caller.userId,
        session_id: FULL.sessionId,
        via: 'grpc',
        address: '192.0.2.7',
        request_id: 'request-1',
        trace_id: FULL.traceId,
        action: 'projects.change',
        kind: 'project',
        subject_id: id,
        project_id: id,
        outcome: 'done',
        reason: null,
        before: { name: before!['name'] },
        after: { name: 'Renamed' },
      })
      expect(Number(entry!['xid'])).toBeGreaterThan(Number(before!['xid']))
    })

    test('a change that meets no row leaves none', async () => {
      const id = newId()
      await rename(callBy(), id, 'Renamed')
      expect(await entriesOf(id)).toEqual([])
    })

    test('a change that is refused by the database leaves none', async () => {
      const [id, other] = [await insertProject(database), await insertProject(database)]
      const error = await rejection(rename(callBy(), id, `Project ${other}`))
      expect(error).toMatchObject({ constraint_name: 'projects_owner_id_name_key' })
      expect(await entriesOf(id)).toEqual([])
    })

    test('an entry that is rolled back with its transaction is gone', async () => {
      const [id, call] = [newId(), callBy()]
      const work = database.transaction(call.signal, async tx => {
        await record(tx, call, { action: 'auth.login', kind: 'user', id, outcome: 'done' })
        throw new Error('no')
      })
      expect(await rejection(work)).toMatchObject({ message: 'no' })
      expect(await entriesOf(id)).toEqual([])
    })

    test('what changes no row is recorded with its outcome and reason', async () => {
      const [id, call] = [newId(), callBy({ kind: 'anonymous', id: NOBODY, userId: NOBODY })]
      await record(database.on(call.signal), call, {
        action: 'auth.login',
        kind: 'user',
        id,
        outcome: 'refused',
        reason: 'wrong password',
        after: { email: 'a@zerg.test' },
      })
      expect(await entriesOf(id)).toMatchObject([
        {
          caller_kind: 'anonymous',
          caller_id: null,
          user_id: null,
          outcome: 'refused',
          reason: 'wrong password',
          before: null,
          after: { email: 'a@zerg.test' },
        },
      ])
    })

    // What a stranger sends must not keep the log from saying that they were there.
    test('text that PostgreSQL cannot keep does not stop an entry', async () => {
      const [id, call] = [newId(), callBy()]
      await record(database.on(call.signal), call, {
        action: 'auth.login',
        kind: 'user',
        id,
        outcome: 'failed',
        reason: `a\0b\uD800${'x'.repeat(10_000)}`,
        after: { email: 'c\0d\uDC00' },
      })
      const [entry] = await entriesOf(id)
      expect(entry!['reason']).toStartWith('a\uFFFDb\uFFFDxxx')
      expect(String(entry!['reason']).length).toBe(500)
      expect(entry!['after']).toEqual({ email: 'c\uFFFDd\uFFFD' })
    })

    async function rename(call: Call, id: string, title: string) {
      const who = whoOf(call)
      expect(who.length).toBe(WHO_COUNT)
      await database
        .on(call.signal)
        .run(sql => sql.unsafe<object[]>(RENAME, [id, title, ...who], { prepare: true }))
    }

    const entriesOf = (id: string) =>
      rowsOf(`select * from audit_entries where subject_id = '${id}'`)

    const rowsOf = (text: string) =>
      database
        .on(AbortSignal.timeout(5_000))
        .run(sql => sql.unsafe<Record<string, unknown>[]>(text))
  })

test('an action that is no plain word never becomes part of a statement', () => {
  const from = { kind: 'task', first: 1, from: 'changed', id: 'id', before: null, after: null }
  expect(() => entryOf({ ...from, action: "tasks'; drop" })).toThrow('no name of an action')
})
