// An entry of the audit log as part of the statement that makes the change: one round trip, and no
// change without its entry.

import type { Call } from '#lib/call.ts'
import { NOBODY } from '#lib/caller.ts'
import { WHO_COLUMNS } from './columns.ts'

/** How many parameters `whoOf` gives. */
export const WHO_COUNT = 8

const WHO_TYPES = ['text', 'uuid', 'uuid', 'uuid', 'text', 'text', 'text', 'text'] as const

type Who = [
  kind: string,
  id: string | null,
  userId: string | null,
  sessionId: string | null,
  via: string,
  address: string | null,
  requestId: string,
  traceId: string | null,
]

/** Who and from where, as the parameters that `entryOf` and `record` refer to. */
export const whoOf = ({ caller }: Pick<Call, 'caller'>): Who => [
  caller.kind,
  someone(caller.id),
  someone(caller.userId),
  caller.sessionId,
  caller.via,
  caller.address,
  caller.requestId,
  caller.traceId,
]

export type EntryStatement = {
  /** The action of the rule that allowed it, such as `tasks.change`. */
  action: string
  /** What kind of thing it was done to, such as `task`. */
  kind: string
  /** The number of the first of the parameters that `whoOf` gave. */
  first: number
  /** What stands after `from`: one row for each thing that was changed. */
  from: string
  /** SQL for the id of the thing. */
  id: string
  /**
   * SQL for how it was and how it is, as jsonb; null where it was not or is not. Names its columns,
   * and leaves secrets out or says '[masked]' in their place.
   */
  before: string | null
  after: string | null
  /** SQL for the project that it belongs to. */
  project?: string
}

/**
 * The text of an `insert`, to stand in a statement that changes data as one of its parts:
 * `with changed as (update … returning …), entry as (${entryOf({ … })}) select … from changed`.
 * Written once where a module loads; its parts are our own words, never a client's.
 */
export function entryOf(entry: EntryStatement): string {
  const { action, kind, first, from, id, before, after, project } = entry
  const who = WHO_TYPES.map((type, index) => `$${first + index}::${type}`).join(', ')
  return `insert into audit_entries
      (${WHO_COLUMNS}, action, kind, subject_id, project_id, before, after)
    select ${who}, ${word(action)}, ${word(kind)}, (${id})::text, ${project ?? 'null::uuid'},
      ${before ?? 'null::jsonb'}, ${after ?? 'null::jsonb'}
    from ${from}`
}

const WORD = /^[a-z][a-z_.-]*$/

// Before anything is served, since such texts are made when their module loads.
function word(text: string): string {
  if (!WORD.test(text)) throw new Error(`"${text}" is no name of an action or a kind.`)
  return `'${text}'`
}

const someone = (id: string): string | null => (id === NOBODY ? null : id)
