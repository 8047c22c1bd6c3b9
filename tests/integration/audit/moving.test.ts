// A database that was restored on another server, which counts its transactions from the beginning:
// the chain goes on in a new era, and all of it verifies.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { record } from '#platform/audit/record.ts'
import { verifyAudit } from '#platform/audit/verify.ts'
import { aSealer, tamper, testKeys } from '../../support/audit.ts'
import { callBy, type OpenedDatabase, openPostgres } from '../../support/databases.ts'

let [old, moved]: OpenedDatabase[] = []
/** How many entries each run of a sealer has taken, and what the first on the new server has said. */
let sealed: number[]
let said: string[]
beforeAll(async () => {
  old = await openPostgres('18')
  moved = await openPostgres('14')
  await burn(old, (await lastXid(moved)) + 5_000)
  for (let index = 0; index < 4; index++) await write(old)
  const before = await seal(old)
  // Written and not sealed when the dump was made.
  await write(old)
  await move()
  await write(moved)
  await write(moved)
  const first = await seal(moved)
  await write(moved)
  const second = await seal(moved)
  await write(moved)
  // One that begins now reads the era from the seals.
  const third = await seal(moved)
  sealed = [before, first, second, third].map(run => run.sealed)
  said = first.lines.map(({ msg }) => msg)
}, 60_000)
afterAll(async () => {
  await old?.close()
  await moved?.close()
}, 20_000)

test('a chain goes on after its database was moved, and verifies as a whole', async () => {
  expect(sealed).toEqual([4, 3, 1, 1])
  expect(said).toContain('audit_era_began')
  expect(await verify()).toMatchObject({ problem: null, entries: 9, total: 9, unsealed: 0 })
})

test.each([
  ['of the era before', 2, 'removed'],
  ['of the one that was waiting', 5, 'removed'],
  ['of this era', 7, 'removed'],
])('a loss %s is found', async (_, seq, kind) => {
  const [row] = await rows(
    moved!,
    `select row_to_json(e)::text as kept from audit_entries e where seq = ${seq}`,
  )
  await tamper(moved!.database, `delete from audit_entries where seq = ${seq}`)
  expect(await verify()).toMatchObject({ problem: { kind, entry: { seq } } })
  await tamper(
    moved!.database,
    `insert into audit_entries select * from json_populate_record(null::audit_entries, '${String(row!['kept'])}')`,
  )
  expect(await verify()).toMatchObject({ problem: null })
})

test('an entry that is slipped in behind an era is found', async () => {
  await tamper(
    moved!.database,
    `insert into audit_entries (seq, xid, caller_kind, via, request_id, action, kind)
     values (-1, '9999999999', 'user', 'http', 'r', 'things.change', 'thing')`,
  )
  expect(await verify()).toMatchObject({ problem: { kind: 'inserted', entry: { seq: -1 } } })
  await tamper(moved!.database, 'delete from audit_entries where seq = -1')
})

async function write({ database }: OpenedDatabase) {
  const call = callBy()
  await record(database.on(call.signal), call, {
    action: 'things.change',
    kind: 'thing',
    id: crypto.randomUUID(),
    outcome: 'done',
    after: { title: 'a' },
  })
}

async function seal({ database }: OpenedDatabase) {
  const { sealer, lines } = aSealer(database)
  return { sealed: await sealer.seal(AbortSignal.timeout(10_000)), lines }
}

const verify = () =>
  verifyAudit({
    database: moved!.database,
    keys: testKeys(),
    signal: AbortSignal.timeout(10_000),
    pageSeals: 2,
  })

/** As a dump and its restoration would. */
async function move() {
  for (const table of ['audit_entries', 'audit_seals']) {
    const [dump] = await rows(old!, `select json_agg(t)::text as rows from ${table} t`)
    await tamper(
      moved!.database,
      `insert into ${table} select * from json_populate_recordset(null::${table}, '${String(dump!['rows']).replaceAll("'", "''")}')`,
    )
  }
  await rows(moved!, "select setval('audit_entries_seq_seq', 5)")
}

async function lastXid(opened: OpenedDatabase): Promise<number> {
  const [row] = await rows(opened, 'select pg_current_xact_id()::text as xid')
  return Number(row!['xid'])
}

/** Counts transactions up to this one. */
async function burn(opened: OpenedDatabase, upTo: number) {
  await rows(
    opened,
    `do $$ begin
      while pg_current_xact_id()::text::bigint < ${upTo} loop commit; end loop;
    end $$`,
  )
}

const rows = ({ database }: OpenedDatabase, text: string) =>
  database.on(AbortSignal.timeout(20_000)).run(sql => sql.unsafe<Record<string, unknown>[]>(text))
