// An entry of the audit log for what changes no row of its own: sign-ins, refusals, reading the log.
// What changes a row leaves its entry in the same statement (statement.ts).

import type { Call } from '#lib/call.ts'
import type { Runner } from '../postgres/database.ts'
import { ENTRY_COLUMNS } from './columns.ts'
import { whoOf } from './statement.ts'

export type Outcome = 'done' | 'refused' | 'failed'

export type Entry = {
  /** The action of the rule, such as `auth.login`. */
  action: string
  /** What kind of thing it was about, such as `user`. */
  kind: string
  /** Which one; null where there is none. */
  id: string | null
  outcome: Outcome
  projectId?: string | null
  /** Without secrets, or with '[masked]' in their place. */
  before?: object | null
  after?: object | null
  /** For people: why it was refused or failed. */
  reason?: string
}

const TEXT_CHARS_MAX = 500

const INSERT = `insert into audit_entries
    (${ENTRY_COLUMNS})
  values ($1, $2, $3, $4, $5, $6, $7, $8,
     $9, $10, $11, $12, $13, $14, $15::text::jsonb, $16::text::jsonb)`

/** Writes it with whatever else the runner does: within a transaction it is kept with that or not at all. */
export async function record(on: Runner, call: Call, entry: Entry): Promise<void> {
  await on.run(sql =>
    sql.unsafe<object[]>(INSERT, [...whoOf(call), ...whatOf(entry)], { prepare: true }),
  )
}

/** What was done, as the parameters that come after those of `whoOf`. */
export const whatOf = ({ action, kind, id, outcome, ...more }: Entry) => [
  action,
  kind,
  id === null ? null : storable(id),
  more.projectId ?? null,
  outcome,
  more.reason === undefined ? null : storable(more.reason),
  toJson(more.before),
  toJson(more.after),
]

/** PostgreSQL keeps neither NUL nor half a character, and what a client sent must not stop an entry. */
export const storable = (text: string): string =>
  text.slice(0, TEXT_CHARS_MAX).toWellFormed().replaceAll('\0', '\uFFFD')

const toJson = (value: object | null | undefined): string | null =>
  value === null || value === undefined
    ? null
    : JSON.stringify(value, (_, part: unknown) =>
        typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '\uFFFD') : part,
      )
