// Entries of the audit log as comma-separated values (RFC 4180).

export const COLUMNS = [
  'id',
  'seq',
  'at',
  'caller_kind',
  'caller_id',
  'user_id',
  'session_id',
  'via',
  'address',
  'request_id',
  'trace_id',
  'action',
  'kind',
  'subject_id',
  'project_id',
  'outcome',
  'reason',
  'before',
  'after',
] as const

export type Entry = Readonly<Record<(typeof COLUMNS)[number], unknown>>

/** One line, its end included. */
export const toCsv = (values: readonly unknown[]): string => `${values.map(cell).join(',')}\r\n`

function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : textOf(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

// A table program takes what begins like this for a formula, and some of it comes from clients.
const textOf = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
}
