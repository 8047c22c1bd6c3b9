// Reading the audit log, which is itself recorded: nobody sees an entry without leaving one.

import type { Call } from '#lib/call.ts'
import { decodeCursor, encodeCursor } from '#lib/cursor.ts'
import { AppError } from '#lib/errors.ts'
import { reachOf, requireReach } from '#lib/rule.ts'
import { placeOfEntry } from '#platform/audit/entry-id.ts'
import type { Entry } from '#platform/audit/record.ts'
import type { Database, Runner } from '#platform/postgres/database.ts'
import { type AuditEntry, type AuditPage, type AuditQuery, LIMIT_DEFAULT } from './model.ts'
import { AUDIT } from './policy.ts'
import type { AuditRepository } from './repository.ts'

type Needs = {
  database: Pick<Database, 'on'>
  repository: AuditRepository
  record(on: Runner, call: Call, entry: Entry): Promise<void>
}

const KIND = 'audit_entry'

export function createAudit({ database, repository, record }: Needs) {
  return { list, get }

  /** @throws AppError `forbidden`, `invalid_cursor`. */
  async function list(call: Call, query: AuditQuery): Promise<AuditPage> {
    requireReach(call.caller, AUDIT.list)
    const { sort: order = '-at', cursor, limit = LIMIT_DEFAULT, ...filter } = query
    const on = database.on(call.signal)
    const entries = await repository.list(on, {
      filter,
      descending: order.startsWith('-'),
      after: cursor === undefined ? undefined : placeAt(cursor, order),
      // One more than is shown says whether there is another page.
      limit: limit + 1,
    })
    await record(on, call, {
      action: AUDIT.list.action,
      kind: KIND,
      id: null,
      outcome: 'done',
      after: { asked: query, shown: Math.min(entries.length, limit) },
    })
    const last = entries.length > limit ? entries[limit - 1] : undefined
    return {
      data: entries.slice(0, limit),
      next_cursor: last ? encodeCursor(order, { key: last.at, id: last.id }) : null,
    }
  }

  /** @throws AppError `audit_entry_not_found`. */
  async function get(call: Call, id: string): Promise<AuditEntry> {
    const place = reachOf(call.caller, AUDIT.read) ? placeOfEntry(id) : undefined
    if (!place) throw notFound()
    const on = database.on(call.signal)
    const entry = await repository.find(on, place)
    if (!entry || entry.id !== id) throw notFound()
    await record(on, call, { action: AUDIT.read.action, kind: KIND, id, outcome: 'done' })
    return entry
  }
}

// The id holds the time as well.
function placeAt(cursor: string, order: string) {
  const { id } = decodeCursor(cursor, order, key => key !== null)
  const place = placeOfEntry(id)
  if (place) return place
  const detail = 'was not made by this API'
  throw new AppError('invalid_cursor', `The cursor ${detail}.`, {
    errors: [{ parameter: 'cursor', detail }],
  })
}

const notFound = () =>
  new AppError('audit_entry_not_found', 'There is no entry of the audit log with this id.')
