// The audit log on the compiled executable: written by servers, verified, printed and pruned by
// commands, and what a superuser did to it is found.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { headsIn } from '#platform/audit/kept-heads.ts'
import { authorization } from '../../bench/lab/credentials.ts'
import { runZerg, SECRET, startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { eventually } from '../support/eventually.ts'
import { createDatabase, type TestDatabase, withSql } from '../support/postgres.ts'

let made: TestDatabase
let folder: string
beforeAll(async () => {
  made = await createDatabase()
  folder = mkdtempSync(join(tmpdir(), 'zerg-audit-'))
}, 60_000)
afterAll(async () => {
  await made.drop()
  rmSync(folder, { recursive: true, force: true })
})

const env = () => ({ DATABASE_URL: made.url, ZERG_SECRET: SECRET })
const zerg = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  runZerg(['audit', ...args], { env: { ...env(), ...more } })

test('what happens on two instances is in one chain, which verifies by the heads of both logs', async () => {
  const [one, two] = [await start(), await start()]
  for (let index = 0; index < 6; index++) await create(index % 2 ? one : two, `Project ${index}`)
  await sealed(6)
  // The one that seals is killed; another goes on within the lag that is promised.
  const first = await headsLogged(one, two)
  await one.stop('SIGKILL')
  for (let index = 6; index < 9; index++) await create(two, `Project ${index}`)
  await sealed(9)
  const logs = first + (await headsLogged(two))
  writeFileSync(join(folder, 'server.log'), logs)
  await two.stop()
  expect(headsIn(logs).length).toBeGreaterThan(1)

  const { code, stdout, stderr } = await zerg([
    'verify',
    `--heads-file=${folder}/server.log`,
    '--json',
  ])
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toMatchObject({
    good: true,
    problem: null,
    unknown_keys: 0,
    heads_compared: headsIn(logs).length,
  })
}, 60_000)

test('it is exported as JSON lines and as CSV, from a server or from the data', async () => {
  const lines = (text: string) => text.trimEnd().split(/\r?\n/)
  const own = await zerg(['export', '--since=2026-01-01', '--action=projects.create'])
  expect(own.code).toBe(0)
  const entries = lines(own.stdout).map(line => JSON.parse(line) as Record<string, unknown>)
  expect(entries.length).toBe(9)
  expect(entries[0]).toMatchObject({
    action: 'projects.create',
    caller_kind: 'key',
    via: 'http',
    address: '127.0.0.1',
    before: null,
  })
  const server = await start()
  try {
    const asked = await runZerg(['audit', 'export', '--format=csv', '--action=projects.create'], {
      env: { ZERG_URL: server.url, ZERG_KEY: server.key },
    })
    expect([asked.code, asked.stderr]).toEqual([0, ''])
    const [head, ...rows] = lines(asked.stdout)
    expect(head).toStartWith('id,seq,at,caller_kind')
    expect(rows.length).toBe(9)
    expect(rows[0]).toStartWith(`${String(entries[0]!['id'])},`)
  } finally {
    await server.stop()
  }
}, 60_000)

test('another secret knows none of the keys', async () => {
  const { code, stdout } = await zerg(['verify'], { ZERG_SECRET: 'x'.repeat(40) })
  expect(code).toBe(1)
  expect(stdout).toContain('key_unknown')
})

test('a cut end is found by a head that was kept', async () => {
  const restore = await snapshot()
  await tamper(`
    delete from audit_entries where (xid, seq) > (
      select last_xid, last_seq from audit_seals order by number desc offset 1 limit 1);
    delete from audit_seals where number = (select max(number) from audit_seals)`)
  expect((await zerg(['verify'])).code).toBe(0)
  const { code, stdout } = await zerg(['verify', `--heads-file=${folder}/server.log`])
  expect(code).toBe(1)
  expect(stdout).toContain('its end has been cut off')
  const [head] = headsOf(readFileSync(join(folder, 'server.log'), 'utf8'), -1)
  expect((await zerg(['verify', `--head=${head}`])).code).toBe(1)
  await restore()
})

test('an altered entry is named, and pruning refuses the hand that serves', async () => {
  const restore = await snapshot()
  const [victim] = await rows(
    "select seq from audit_entries where action = 'projects.create' order by seq offset 3 limit 1",
  )
  await tamper(
    `update audit_entries set address = '192.0.2.99' where seq = ${String(victim!['seq'])}`,
  )
  const { code, stdout } = await zerg(['verify', `--heads-file=${folder}/server.log`])
  expect(code).toBe(1)
  expect(stdout).toContain('NOT what it was (altered')
  expect(stdout).toContain(`Entry ${String(victim!['seq'])} `)
  await restore()
  expect((await zerg(['verify', `--heads-file=${folder}/server.log`])).code).toBe(0)
})

test('old months are pruned, by the owner alone', async () => {
  await tamper(`
    select audit_make_partition('2024-05-01');
    insert into audit_entries (seq, at, xid, caller_kind, via, request_id, action, kind)
    values (0, '2024-05-05', '3', 'user', 'http', 'r', 'things.change', 'thing')`)
  // Nothing that is in no seal goes without a trace, and this one came too late for one.
  expect((await zerg(['verify'])).stdout).toContain('inserted')
  const dry = await zerg(['prune', '--dry-run', '--json'])
  expect(JSON.parse(dry.stdout)).toMatchObject({
    dry_run: true,
    partitions: ['audit_entries_y2024m05'],
    entries: 1,
  })
  const role = `serves_${made.name.slice(-8)}`
  await rows(`create role ${role} login`)
  expect((await runZerg(['migrate', 'grant', role], { env: env() })).code).toBe(0)
  const weak = made.url.replace('postgres@', `${role}@`)
  const refused = await zerg(['prune'], { DATABASE_URL: weak })
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('append-only for whoever serves')
  const done = await zerg(['prune'])
  expect([done.code, done.stderr]).toEqual([0, ''])
  expect(done.stdout).toContain('1 entries in 1 months')
  expect((await zerg(['verify', `--heads-file=${folder}/server.log`])).code).toBe(0)
  await rows(`drop owned by ${role}; drop role ${role}`)
}, 60_000)

test('an embedded log is verified once its server has ended, with the secret beside the data', async () => {
  const data = { ZERG_DATA_DIR: join(folder, 'data') }
  const own = (args: readonly string[]) => runZerg(['audit', ...args], { env: data, cwd: folder })
  const server = await startZerg({ env: { ...data, ZERG_SECRET: '', ZERG_DRAIN_MAX: '100ms' } })
  try {
    await create(server, 'Embedded')
    await eventually(() => expect(headsIn(server.output()).length).toBeGreaterThan(0), {
      withinMs: 10_000,
    })
    // Its data is the server's alone; what the log says can be read through it.
    const busy = await own(['verify'])
    expect([busy.code, busy.stdout]).toEqual([1, ''])
    const exported = await own(['export', '--action=projects.create'])
    expect([exported.code, exported.stdout.trim().split('\n').length]).toEqual([0, 1])
  } finally {
    writeFileSync(join(folder, 'embedded.log'), server.output())
    await server.stop()
  }
  const { code, stdout, stderr } = await own(['verify', '--heads-file=embedded.log'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain('The audit log is what it was.')
}, 60_000)

test.each([
  [['verify', '--head=nonsense'], 2, '--head is no head'],
  [['verify', '--heads-file=/nonexistent'], 1, 'cannot be read'],
  [['export', '--since=yesterday'], 2, '--since cannot be'],
  [['prune', '--before=soon'], 2, '--before cannot be'],
] as const)('%p ends with %d and says why', async (args, code, said) => {
  const run = await zerg(args)
  expect(run.code).toBe(code)
  expect(run.stderr).toContain(said)
  expect(run.stdout).toBe('')
})

const start = () => startZerg({ env: { ...env(), ZERG_DRAIN_MAX: '100ms' } })

/** The head that stands at this place among those of a log. */
const headsOf = (log: string, at: number) => {
  const heads = log.match(/\bh1\.[\w.-]+/g) ?? []
  return heads.toSorted((a, b) => numberOf(a) - numberOf(b)).slice(at)
}
const numberOf = (head: string) => Number(head.split('.')[1])

/** What these have logged, once one of them has told of the last seal: lines are written in batches. */
const headsLogged = (...servers: Zerg[]) =>
  eventually(async () => {
    const [row] = await rows('select max(number)::int as number from audit_seals')
    const logs = servers.map(server => server.output()).join('')
    expect(headsIn(logs).map(({ number }) => number)).toContain(Number(row?.['number']))
    return logs
  })

async function create(server: Zerg, name: string) {
  const made = await fetch(`${server.url}/api/v1/projects`, {
    method: 'POST',
    headers: { ...authorization(server.key), 'content-type': 'application/json' },
    body: JSON.stringify({ name: `${name} ${crypto.randomUUID()}` }),
  })
  expect(made.status).toBe(201)
}

/** Waits until the chain has this many entries; the promise is 10 s. */
const sealed = (entries: number) =>
  eventually(
    async () => {
      const [row] = await rows('select max(total)::int as total from audit_seals')
      expect(row?.['total']).toBeGreaterThanOrEqual(entries)
    },
    { withinMs: 10_000, everyMs: 100 },
  )

const rows = (text: string) => withSql(made.url, sql => sql.unsafe<Record<string, unknown>[]>(text))

const tamper = (text: string) =>
  withSql(made.url, sql =>
    sql.unsafe(`begin; set local session_replication_role = replica; ${text}; commit`),
  )

/** Puts both tables back as they were. */
async function snapshot() {
  await rows('drop table if exists kept_entries, kept_seals')
  await rows('create table kept_entries as select * from audit_entries')
  await rows('create table kept_seals as select * from audit_seals')
  return () =>
    tamper(`
      delete from audit_entries; insert into audit_entries select * from kept_entries;
      delete from audit_seals; insert into audit_seals select * from kept_seals;
      drop table kept_entries, kept_seals`)
}
