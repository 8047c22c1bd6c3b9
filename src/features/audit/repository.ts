// The audit log in PostgreSQL, to be read. SQL lives here, and nowhere else in this feature.

import { type Bind, createPlaceholders } from '#lib/placeholders.ts'
import { parseTime } from '#lib/time.ts'
import { entryIdOf, type EntryPlace } from '#platform/audit/entry-id.ts'
import type { Runner } from '#platform/postgres/database.ts'
import type { AuditEntry, AuditFilter } from './model.ts'

export type Listing = {
  filter: AuditFilter
  descending: boolean
  /** Where the page before ended. */
  after: EntryPlace | undefined
  limit: number
}

export type AuditRepository = ReturnType<typeof createAuditRepository>

type Row = Omit<AuditEntry, 'id'>

export function createAuditRepository() {
  return { find, list }

  async function find(on: Runner, { atMs, seq }: EntryPlace): Promise<AuditEntry | undefined> {
    const [row] = await on.run(sql => sql.unsafe<Row[]>(FIND, [atMs, seq], { prepare: true }))
    return row && withId(row)
  }

  async function list(on: Runner, listing: Listing): Promise<AuditEntry[]> {
    const { text, values } = listStatement(listing)
    // Not prepared: what is asked for decides which index is the best.
    const rows = await on.run(sql => sql.unsafe<Row[]>(text, values))
    return rows.map(withId)
  }
}

const COLUMNS = `seq, at, caller_kind, caller_id, user_id, session_id, via, address, request_id,
  trace_id, action, kind, subject_id, project_id, outcome, reason, before, after`

const moment = (parameter: string) => `to_timestamp(${parameter}::double precision / 1000)`

const FIND = `select ${COLUMNS} from audit_entries where at = ${moment('$1')} and seq = $2`

/** The SQL of a page of entries. */
export function listStatement({ filter, descending, after, limit }: Listing) {
  const { bind, values } = createPlaceholders()
  const direction = descending ? 'desc' : 'asc'
  const order = `order by at ${direction}, seq ${direction} limit ${bind(limit)}`
  const shared = conditionsOf(filter, bind)
  if (after)
    shared.push(
      `(at, seq) ${descending ? '<' : '>'} (${moment(bind(after.atMs))}, ${bind(after.seq)}::bigint)`,
    )
  const arms = callerConditions(filter.caller_id, bind).map(own => {
    const conditions = [...own, ...shared]
    const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''
    return `(select ${COLUMNS} from audit_entries ${where} ${order})`
  })
  const text = arms.length === 1 ? arms[0]! : `${arms.join(' union all ')} ${order}`
  return { text, values }
}

function conditionsOf(filter: AuditFilter, bind: Bind): string[] {
  const { since, until } = filter
  const equal = (['action', 'kind', 'subject_id', 'outcome', 'request_id'] as const).flatMap(
    column => {
      const value = filter[column]
      return value === undefined ? [] : [`${column} = ${bind(value)}::text`]
    },
  )
  return [
    ...equal,
    ...(filter.user_id === undefined ? [] : [`user_id = ${bind(filter.user_id)}::uuid`]),
    ...(since === undefined ? [] : [`at >= ${bind(toUtc(since))}::timestamptz`]),
    ...(until === undefined ? [] : [`at < ${bind(toUtc(until))}::timestamptz`]),
  ]
}

// PostgreSQL knows fewer offsets from UTC than RFC 3339: none of sixteen hours and more.
const toUtc = (time: string): string => parseTime(time) ?? time

// A user who acts is found by the index of users, a key by its own: one of the two finds nothing.
function callerConditions(callerId: string | undefined, bind: Bind): string[][] {
  if (callerId === undefined) return [[]]
  const id = `${bind(callerId)}::uuid`
  return [
    [`user_id = ${id}`, `caller_id = ${id}`],
    [`caller_id = ${id}`, "caller_kind = 'key'"],
  ]
}

const withId = (row: Row): AuditEntry => ({
  id: entryIdOf({ atMs: Date.parse(row.at), seq: row.seq }),
  ...row,
})
