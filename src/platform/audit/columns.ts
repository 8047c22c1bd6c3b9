// The columns of an entry that whoever writes it fills in. Its number, time and transaction are the
// database's to give: the role that serves has no right to choose them.

/** Who and from where, in the order of `whoOf` (statement.ts). */
export const WHO_COLUMNS =
  'caller_kind, caller_id, user_id, session_id, via, address, request_id, trace_id'

/** What was done to what, in the order of `whatOf` (record.ts). */
export const WHAT_COLUMNS = 'action, kind, subject_id, project_id, outcome, reason, before, after'

export const ENTRY_COLUMNS = `${WHO_COLUMNS}, ${WHAT_COLUMNS}`
