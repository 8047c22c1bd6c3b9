// Two roles: one owns and migrates, one serves and can alter nothing.

import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import type { Database } from '#platform/postgres/database.ts'
import { grantServing } from '#platform/postgres/migrate/grant.ts'
import { requireSchema } from '#platform/postgres/migrate/require-schema.ts'
import { migrations } from '#platform/postgres/migrations/index.ts'
import { rejection } from '../../support/eventually.ts'
import { madeUp, withMigrator } from '../../support/migrations.ts'
import { never, openForTest } from '../../support/open-database.ts'
import {
  createDatabase,
  postgresVersions,
  type TestDatabase,
  withSql,
} from '../../support/postgres.ts'

const OWNER = '00000000-0000-7000-8000-000000000001'

for (const version of postgresVersions)
  describe(`on PostgreSQL ${version}`, () => {
    let made: TestDatabase
    let owner: string
    let server: string
    let roles: { owner: string; server: string }

    beforeEach(async () => {
      made = await createDatabase({ version, empty: true })
      const suffix = made.name.slice(-8)
      roles = { owner: `own.er "${suffix}"`, server: `serve-${suffix}` }
      await withSql(made.url, async sql => {
        await sql.unsafe(`create role ${quoted(roles.owner)} login`)
        await sql.unsafe(`create role ${quoted(roles.server)} login`)
        await sql.unsafe(`alter schema public owner to ${quoted(roles.owner)}`)
      })
      owner = as(roles.owner)
      server = as(roles.server)
    })
    afterEach(async () => {
      await made.drop()
      const elsewhere = new URL(made.url)
      elsewhere.pathname = '/postgres'
      await withSql(elsewhere.href, sql =>
        sql.unsafe(`drop role ${quoted(roles.owner)}; drop role ${quoted(roles.server)}`),
      )
    })

    function as(role: string) {
      const url = new URL(made.url)
      url.username = encodeURIComponent(role)
      return url.href
    }
    const grant = () => withSql(owner, sql => grantServing(sql, roles.server))

    test('the role that serves does everything that serving needs, and nothing else', async () => {
      await withMigrator(owner, it => it.up())
      const { tables } = await grant()
      expect(tables).toContain('tasks')

      const { database } = await openForTest(server)
      try {
        await requireSchema(database, never)
        await exercise(database)
        await expectRestricted(database)
      } finally {
        await database.close(100)
      }
    })

    test('a later migration’s tables are granted without being asked', async () => {
      await withMigrator(owner, it => it.up())
      await grant()
      const later = madeUp(
        99,
        'create table later (id bigint generated always as identity, serial_id bigserial);',
      )
      await withMigrator(owner, it => it.up(), { known: [...migrations, later] })
      await withSql(server, async sql => {
        await sql`insert into later default values`
        expect((await sql`select * from later`).length).toBe(1)
      })
    })

    // Default privileges give each new table every right; the log must not be among them.
    test('the audit log is append-only for whoever was granted rights before it existed', async () => {
      await withMigrator(owner, it => it.up(4))
      await grant()
      await withMigrator(owner, it => it.up())
      const { database } = await openForTest(server)
      try {
        await expectAppendOnly(database)
      } finally {
        await database.close(100)
      }
    })

    test('whoever serves may add to the audit log, and prepare its months, and nothing else', async () => {
      await withMigrator(owner, it => it.up())
      await grant()
      const { database } = await openForTest(server)
      try {
        await expectAppendOnly(database)
      } finally {
        await database.close(100)
      }
    })

    test('granting twice is no error', async () => {
      await withMigrator(owner, it => it.up())
      await grant()
      await grant()
    })
  })

describe('a grant', () => {
  test('names the statement where the schema lets everybody create, and grants nothing', async () => {
    const made = await createDatabase({ empty: true })
    const owner = `owner_${made.name.slice(-8)}`
    const server = `server_${made.name.slice(-8)}`
    await withSql(made.url, sql =>
      sql.unsafe(`create role ${owner} login; create role ${server} login;
        grant create on schema public to public`),
    )
    const url = made.url.replace('postgres@', `${owner}@`)
    await withMigrator(url, it => it.up())
    const error = await withSql(url, sql => rejection(grantServing(sql, server)))
    expect(error).toMatchObject({
      fix: expect.stringContaining('revoke create on schema "public" from public'),
    })
    const [row] = await withSql(
      made.url,
      sql => sql`select has_table_privilege(${server}, 'tasks', 'select') as can`,
    )
    expect(row?.['can']).toBe(false)
    await withSql(made.url, sql =>
      sql.unsafe(
        `drop owned by ${owner}; drop owned by ${server}; drop role ${owner}; drop role ${server}`,
      ),
    )
    await made.drop()
  })

  test('refuses a role that no grant restricts, and one that does not exist', async () => {
    const made = await createDatabase()
    const refuse = (role: string) => withSql(made.url, sql => rejection(grantServing(sql, role)))
    expect(await refuse('postgres')).toMatchObject({
      message: expect.stringContaining('superuser'),
    })
    expect(await refuse('nobody_here')).toMatchObject({
      fix: expect.stringContaining('create role'),
    })
    await made.drop()
  })
})

describe('migrating without rights', () => {
  test('says which statement to run, and as whom', async () => {
    const made = await createDatabase({ empty: true })
    const role = `stranger_${made.name.slice(-8)}`
    await withSql(made.url, sql => sql.unsafe(`create role ${role} login`))
    const url = made.url.replace('postgres@', `${role}@`)
    const error = await withMigrator(url, it => rejection(it.up()))
    expect(error).toMatchObject({
      message: expect.stringContaining(`User "${role}" may not do this in schema "public"`),
      fix: `Let the owner of the schema say: grant usage, create on schema "public" to "${role}";`,
    })
    await withSql(made.url, sql => sql.unsafe(`drop role ${role}`))
    await made.drop()
  })
})

async function exercise(database: Database) {
  const id = crypto.randomUUID()
  const on = database.on(never)
  await on.run(
    sql => sql`insert into projects (id, name, owner_id) values (${id}, ${id}, ${OWNER})`,
  )
  await on.run(
    sql => sql`
      insert into tasks (id, title, owner_id, project_id, words)
      values (${id}, 'one', ${OWNER}, ${id}, ${['one']})`,
  )
  await on.run(sql => sql`update tasks set title = 'two', words = ${['two']} where id = ${id}`)
  await on.run(sql => sql`delete from tasks where id = ${id}`)
  await on.run(sql => sql`delete from projects where id = ${id}`)
}

async function expectRestricted(database: Database) {
  for (const statement of [
    'create table mine (id int)',
    'create schema mine',
    'create function mine() returns int language sql as $$ select 1 $$',
    'alter table tasks add column mine text',
    'alter table tasks disable trigger all',
    'create index mine on tasks (title)',
    'drop table tasks',
    'truncate tasks',
    'update zerg_migrations set checksum = version::text',
    'delete from zerg_migrations',
  ]) {
    const error = await rejection(database.on(never).run(sql => sql.unsafe(statement)))
    expect(error, statement).toMatchObject({ code: '42501' })
  }
}

async function expectAppendOnly(database: Database) {
  const say = (text: string) =>
    database.on(never).run(sql => sql.unsafe<Record<string, unknown>[]>(text))
  const insert = (more = '', value = '') =>
    `insert into audit_entries (caller_kind, via, request_id, action, kind${more})
     values ('internal', 'http', 'r', 'things.change', 'thing'${value})`
  await say(insert())
  await say('select audit_make_partitions(1)')
  await say(insert())
  expect(await say('select count(*)::int as entries from audit_entries')).toEqual([{ entries: 2 }])
  const [partition] = await say(
    "select tablename as name from pg_tables where tablename like 'audit_entries_y%' limit 1",
  )
  for (const statement of [
    insert(', at', ', now()'),
    insert(', seq', ', 1'),
    insert(', xid', ", '1'"),
    `insert into ${String(partition?.['name'])} select * from audit_entries`,
    `delete from ${String(partition?.['name'])}`,
    'select audit_make_partition(current_date)',
    "set zerg.audit_maintenance = 'on'; update audit_entries set action = 'x'",
    ...['audit_entries', 'audit_entries_default', 'audit_seals', 'audit_anchors'].flatMap(table => [
      `update ${table} set request_id = 'x'`.replace('request_id', columnOf(table)),
      `delete from ${table}`,
      `truncate ${table}`,
      `drop table ${table}`,
      `alter table ${table} disable trigger all`,
    ]),
    "insert into audit_anchors select 1, now(), now(), 1, 0, '1', 1, 1, '', '', ''",
    "select setval('audit_entries_seq_seq', 1)",
  ])
    expect(await rejection(say(statement)), statement).toMatchObject({ code: '42501' })
}

const columnOf = (table: string) => (table.startsWith('audit_entries') ? 'action' : 'key_id')

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
