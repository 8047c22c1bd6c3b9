// A refusal of PostgreSQL while migrating, with the statement that would lift it.

import type postgres from 'postgres'
import { codeOf } from '../errors.ts'
import { DatabaseFailure } from '../failure.ts'

type Where = { user: string; database: string; schema: string | null }

/** The failure to throw instead, or the error itself. */
export async function explainRefusal(sql: postgres.ISql, error: unknown): Promise<unknown> {
  if (error instanceof DatabaseFailure) return error
  const code = codeOf(error)
  if (code !== '42501' && code !== '3F000') return error
  const [where] = await sql<Where[]>`
    select current_user as user, current_database() as database, current_schema() as schema
  `.catch(() => [])
  if (!where) return error
  const reason = error instanceof Error ? error.message : String(error)
  return code === '3F000' || where.schema === null
    ? noSchema(where, error)
    : noRights({ ...where, schema: where.schema }, reason, error)
}

function noRights({ user, database, schema }: Where, reason: string, error: unknown) {
  const isOwnership = /^must be owner|for table/.test(reason)
  return new DatabaseFailure(
    `User "${user}" may not do this in schema "${schema}" of database "${database}": ${reason}.`,
    isOwnership
      ? 'Migrate as the role that made the tables; the role that serves may not change them.'
      : `Let the owner of the schema say: grant usage, create on schema "${schema}" to "${user}";`,
    error,
  )
}

const noSchema = ({ user, database }: Where, error: unknown) =>
  new DatabaseFailure(
    `Database "${database}" has no schema that user "${user}" could create tables in.`,
    `Let the owner of the database say: create schema if not exists zerg authorization "${user}"; alter role "${user}" in database "${database}" set search_path = zerg;`,
    error,
  )
