// The shapes of an entry of the audit log, once.

import { type Static, Type } from '@sinclair/typebox'
import { fields, id, nullable, text, time, whole, word } from '#lib/fields.ts'

export const SORTS = ['-at', 'at'] as const
export const CALLER_KINDS = ['anonymous', 'user', 'key', 'internal', 'operator'] as const
export const WAYS = ['http', 'grpc', 'cli'] as const
export const OUTCOMES = ['done', 'refused', 'failed'] as const

export const LIMIT_MAX = 200
export const LIMIT_DEFAULT = 50
const TEXT_MAX = 500

const caller_kind = word(CALLER_KINDS, {
  description:
    'Who acted: a person, an API key, the command line beside the data, Zerg itself, or nobody that it knew.',
})
const action = text({
  min: 1,
  max: 100,
  description: 'What was done or tried, as the page of permissions names it.',
  examples: ['tasks.change'],
})
const kind = text({
  min: 1,
  max: 100,
  description: 'What kind of thing it was done to.',
  examples: ['task'],
})
const subject = text({
  min: 1,
  max: TEXT_MAX,
  description: 'Which one.',
  examples: ['01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4d'],
})
const requestId = text({
  min: 1,
  max: TEXT_MAX,
  description: 'The request that did it: `X-Request-Id` of its answer.',
  examples: ['01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4e'],
})
const outcome = word(OUTCOMES, { description: 'What came of it.' })
const state = (description: string) =>
  Type.Union([Type.Object({}, { additionalProperties: true }), Type.Null()], { description })

export type AuditEntry = Static<typeof AuditEntry>
export const AuditEntry = fields(
  {
    id: id({ description: 'Made of its time and number.' }),
    seq: whole({
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      description: 'Its number. Gaps say nothing: a change that was rolled back leaves one.',
      examples: [4711],
    }),
    at: time({ description: 'When.' }),
    caller_kind,
    caller_id: nullable(id({ description: 'The user or the key that acted.' })),
    user_id: nullable(id({ description: 'The user, or the one whom the key acted for.' })),
    session_id: nullable(id({ description: 'The session in which a user acted.' })),
    via: word(WAYS, { description: 'The way in.' }),
    address: nullable(text({ max: TEXT_MAX, description: 'The client’s address.' })),
    request_id: requestId,
    trace_id: nullable(text({ max: TEXT_MAX, description: 'Of the trace that it was part of.' })),
    action,
    kind,
    subject_id: nullable(subject),
    project_id: nullable(id({ description: 'The project that the thing belongs to.' })),
    outcome,
    reason: nullable(text({ max: TEXT_MAX, description: 'Why it was refused or failed.' })),
    before: state('How the thing was, where it was; secrets are masked.'),
    after: state('How it is since, where it is; secrets are masked.'),
  },
  { $id: 'AuditEntry', description: 'One thing that was done or tried.' },
)

export type AuditFilter = Omit<AuditQuery, 'sort' | 'cursor' | 'limit'>
export type AuditQuery = Static<typeof AuditQuery>
export const AuditQuery = fields({
  action: Type.Optional(action),
  kind: Type.Optional(kind),
  subject_id: Type.Optional(subject),
  caller_id: Type.Optional(id({ description: 'The user or the key that acted.' })),
  user_id: Type.Optional(
    id({ description: 'The user, whether they acted themself or by one of their keys.' }),
  ),
  outcome: Type.Optional(outcome),
  request_id: Type.Optional(requestId),
  since: Type.Optional(time({ description: 'From this moment on.' })),
  until: Type.Optional(time({ description: 'Before this moment.' })),
  sort: Type.Optional(
    word(SORTS, { description: 'The order; `-` turns it round.', default: '-at' }),
  ),
  cursor: Type.Optional(
    text({ min: 1, max: 1_000, description: 'The `next_cursor` of the page before.' }),
  ),
  limit: Type.Optional(
    whole({
      min: 1,
      max: LIMIT_MAX,
      default: LIMIT_DEFAULT,
      description: 'Most of them on a page.',
    }),
  ),
})

export type AuditPage = Static<typeof AuditPage>
export const AuditPage = fields(
  {
    data: Type.Array(AuditEntry),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Pass it as `cursor` to get the next page; null on the last one.',
    }),
  },
  { $id: 'AuditPage', description: 'One page of entries of the audit log.' },
)
