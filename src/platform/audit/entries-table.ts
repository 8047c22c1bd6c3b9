// Entries that are written many at once.

import type { Call } from '#lib/call.ts'
import type { Runner } from '../postgres/database.ts'
import { ENTRY_COLUMNS } from './columns.ts'
import { type Entry, storable, whatOf } from './record.ts'
import { whoOf } from './statement.ts'

/** One entry, column by column. */
export type EntryValues = readonly (string | null)[]

export const valuesOf = (call: Pick<Call, 'caller'>, entry: Entry): EntryValues => [
  ...whoOf(call).map(value => (value === null ? null : storable(value))),
  ...whatOf(entry),
]

const columns = ENTRY_COLUMNS.split(', ')

// What is not listed is text.
const TYPES: Readonly<Record<string, string>> = {
  caller_id: 'uuid',
  user_id: 'uuid',
  session_id: 'uuid',
  project_id: 'uuid',
}
const JSONB: ReadonlySet<string> = new Set(['before', 'after'])

const arrays = columns.map((column, index) => `$${index + 1}::${TYPES[column] ?? 'text'}[]`)
const values = columns.map(column => (JSONB.has(column) ? `${column}::jsonb` : column))

const INSERT = `insert into audit_entries (${ENTRY_COLUMNS})
  select ${values.join(', ')} from unnest(${arrays.join(', ')}) as entries (${ENTRY_COLUMNS})`

export async function insertEntries(on: Runner, entries: readonly EntryValues[]): Promise<void> {
  const byColumn = columns.map((_, index) => entries.map(entry => entry[index] ?? null))
  await on.run(sql => sql.unsafe<object[]>(INSERT, byColumn, { prepare: true }))
}
