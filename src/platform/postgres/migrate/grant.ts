// The rights of the role that serves: it reads and writes Zerg's rows, and can alter nothing. The
// role that migrates owns the tables and grants, for those that later migrations make as well.

import type postgres from 'postgres'
import { ENTRY_COLUMNS } from '../../audit/columns.ts'
import { DatabaseFailure } from '../failure.ts'
import { explainRefusal } from './explain.ts'
import { LEDGER } from './ledger.ts'

export type Granted = { role: string; schema: string; tables: string[] }

type Facts = {
  me: string
  database: string
  schema: string | null
  known: boolean
  strong: boolean
}

/**
 * Grants on every table that the current role owns in the current schema. May be repeated.
 *
 * @throws DatabaseFailure, also where the role could still create or alter something afterwards.
 */
export async function grantServing(sql: postgres.Sql, role: string): Promise<Granted> {
  const facts = await readFacts(sql, role)
  const schema = requireSensible(facts, role)
  try {
    return await sql.begin(async tx => {
      const tables = await ownTables(tx, schema)
      await grantAll(tx, { role, schema, tables, database: facts.database })
      await requireRestricted(tx, role, schema)
      return { role, schema, tables }
    })
  } catch (error) {
    throw await explainRefusal(sql, error)
  }
}

const ROWS = 'select, insert, update, delete'

// What may not be changed by whoever serves. An entry's number, time and transaction are not its to
// choose either; partitions are written and read through their table.
const RIGHTS: Readonly<Record<string, string>> = {
  // What was applied is read at every start, and is only the migrating role's to change.
  [LEDGER]: 'select',
  audit_entries: `select, insert (${ENTRY_COLUMNS})`,
  audit_seals: 'select, insert',
  audit_anchors: 'select',
}

const rightsOn = (table: string): string | undefined =>
  RIGHTS[table] ?? (table.startsWith('audit_entries_') ? undefined : ROWS)

type Grant = { role: string; schema: string; tables: readonly string[]; database: string }

// Names are quoted by `sql(name)`, which would take a dot for a separator.
async function grantAll(sql: postgres.ISql, { role, schema, tables, database }: Grant) {
  const to = quoted(role)
  const inSchema = quoted(schema)
  const say = (statement: string) => sql.unsafe(statement)
  await say(`grant usage on schema ${inSchema} to ${to}`)
  // Before PostgreSQL 15 everybody could create in "public". Without the right to revoke it this
  // does nothing but warn, and the check below says so.
  await say(`revoke create on schema ${inSchema} from public, ${to}`)
  for (const table of tables) {
    const name = `${inSchema}.${quoted(table)}`
    await say(`revoke all on ${name} from ${to}`)
    const rights = rightsOn(table)
    if (rights) await say(`grant ${rights} on ${name} to ${to}`)
  }
  await say(`grant usage, select on all sequences in schema ${inSchema} to ${to}`)
  const later = `alter default privileges in schema ${inSchema} grant`
  await say(`${later} ${ROWS} on tables to ${to}`)
  await say(`${later} usage, select on sequences to ${to}`)
  const [may] = await sql`select has_database_privilege(${role}, ${database}, 'connect') as connect`
  if (!may?.['connect']) await say(`grant connect on database ${quoted(database)} to ${to}`)
}

async function readFacts(sql: postgres.ISql, role: string): Promise<Facts> {
  const [facts] = await sql<Facts[]>`
    select current_user as me, current_database() as database, current_schema() as schema,
      exists (select from pg_roles where rolname = ${role}) as known,
      exists (
        select from pg_roles
        where rolname = ${role} and (rolsuper or pg_has_role(rolname, current_user, 'member'))
      ) as strong
  `
  return facts!
}

function requireSensible({ me, schema, known, strong }: Facts, role: string): string {
  if (!known)
    throw new DatabaseFailure(
      `There is no role "${role}".`,
      `Create it first: create role ${quoted(role)} login password '…';`,
    )
  if (strong)
    throw new DatabaseFailure(
      `Role "${role}" is a superuser or acts as "${me}", which owns the tables: no grant would restrict it.`,
      'Name a role of its own for serving: create role zerg_serve login password …;',
    )
  if (schema === null)
    throw new DatabaseFailure(
      'There is no schema with Zerg’s tables on the search path.',
      'Run `zerg migrate up` first.',
    )
  return schema
}

async function ownTables(sql: postgres.ISql, schema: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select tablename as name from pg_tables
    where schemaname = ${schema} and tableowner = current_user order by tablename
  `
  const tables = rows.map(({ name }) => name)
  if (!tables.includes(LEDGER))
    throw new DatabaseFailure(
      `The role that asks owns no tables of Zerg in schema "${schema}".`,
      'Run `zerg migrate up` first, and this command as the same role.',
    )
  return tables
}

async function requireRestricted(sql: postgres.ISql, role: string, schema: string) {
  const [row] = await sql`select has_schema_privilege(${role}, ${schema}, 'create') as can`
  if (row?.['can'] !== true) return
  throw new DatabaseFailure(
    `Role "${role}" could still create tables in schema "${schema}", which everybody may here; nothing was granted.`,
    `Let the owner of the schema say: revoke create on schema ${quoted(schema)} from public; then repeat.`,
  )
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
