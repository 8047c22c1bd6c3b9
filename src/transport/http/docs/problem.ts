// The one shape of every error (RFC 9457), and an example for each code, for the document.

import { ERROR_CODES, type ErrorCode, errorEntry } from '#lib/error-codes.ts'
import type { Problem } from '#lib/errors.ts'
import { PROBLEM_TYPE } from '../problem.ts'
import type { Example, JsonSchema } from './openapi.ts'

const text = (description: string, more: JsonSchema = {}): JsonSchema => ({
  type: 'string',
  description,
  ...more,
})

export const problemSchemas: Readonly<Record<'Problem' | 'BrokenRule', JsonSchema>> = {
  Problem: {
    type: 'object',
    description: 'What went wrong (RFC 9457). Decide by `code`; the texts are for people.',
    required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id', 'errors'],
    properties: {
      type: text('Where the code is explained.', { format: 'uri-reference' }),
      title: text('What the code means, in a few words.'),
      status: { type: 'integer', description: 'The HTTP status.', minimum: 400, maximum: 599 },
      detail: text('What went wrong this time.'),
      instance: text('The path that was asked for.', { format: 'uri-reference' }),
      code: text('Stable; more may be added, so treat an unknown one by its status.', {
        enum: Object.keys(ERROR_CODES),
        'x-open-enum': true,
      }),
      request_id: text('The name of the request in the logs.'),
      errors: {
        type: 'array',
        description: 'Every broken rule, where the code is about rules; else empty.',
        items: { $ref: '#/components/schemas/BrokenRule' },
      },
    },
  },
  BrokenRule: {
    type: 'object',
    description: 'One place in the request, and the rule that it breaks.',
    required: ['detail'],
    properties: {
      pointer: text('A JSON Pointer into the body (RFC 6901).', { format: 'json-pointer' }),
      parameter: text('The name of a parameter in the query or the path.'),
      detail: text('The rule, in words.'),
    },
  },
}

export const problemContent = (codes: readonly ErrorCode[]) => ({
  [PROBLEM_TYPE]: {
    schema: { $ref: '#/components/schemas/Problem' },
    examples: Object.fromEntries(
      codes.map(code => [code, { $ref: `#/components/examples/${code}` }]),
    ),
  },
})

export const problemExample = (code: ErrorCode): Example => {
  const { status, title, meaning } = errorEntry(code)
  const { detail = meaning, errors = [], instance = TASK } = SEEN[code] ?? {}
  return {
    summary: title,
    value: {
      type: `/errors/${code}`,
      title,
      status,
      detail,
      instance,
      code,
      request_id: '01939c2e-7a61-7d3c-8f5e-3b1c2d4e5f60',
      errors,
    },
  }
}

const TASKS = '/api/v1/tasks'
const TASK = '/api/v1/tasks/01939c2e-7a61-7d3c-8f5e-3b1c2d4e5f60'
const PROJECTS = '/api/v1/projects'
const PROJECT = '/api/v1/projects/01939c2e-7a5f-7b20-9d41-6e0f1a2b3c4d'

type Seen = { detail?: string; errors?: readonly Problem[]; instance?: string }

// What is said of one occurrence, where that is more than the meaning of the code.
const SEEN: Partial<Record<ErrorCode, Seen>> = {
  malformed_json: { detail: 'The body ends before its JSON value does.', instance: TASKS },
  invalid_path_parameter: {
    detail: '`id` must be a UUID in its hyphenated form.',
    errors: [{ parameter: 'id', detail: 'must be a UUID in its hyphenated form' }],
    instance: '/api/v1/tasks/42',
  },
  invalid_query: {
    detail: '`limit` must be a whole number from 1 to 200.',
    errors: [{ parameter: 'limit', detail: 'must be a whole number from 1 to 200' }],
    instance: TASKS,
  },
  invalid_cursor: { detail: 'The cursor was made by a list in another order.', instance: TASKS },
  invalid_header: { detail: 'Request-Timeout is not a duration such as 250ms or 5s.' },
  project_not_found: { instance: PROJECT },
  member_not_found: { instance: `${PROJECT}/members/01939c2e-7a60-7c11-8a52-7f1021324354` },
  error_code_not_found: {
    detail: 'There is no error code `task_missing`; did you mean task_not_found?',
    instance: '/errors/task_missing',
  },
  project_name_taken: { instance: PROJECTS },
  project_not_empty: { detail: '12 tasks belong to the project.', instance: PROJECT },
  last_owner: { instance: `${PROJECT}/members/01939c2e-7a60-7c11-8a52-7f1021324354` },
  version_mismatch: { detail: 'The task is at version 4 by now; the change was meant for 3.' },
  payload_too_large: { detail: 'The body is larger than 1048576 bytes.', instance: TASKS },
  unsupported_media_type: {
    detail: 'The body is declared as text/plain; send application/json.',
    instance: TASKS,
  },
  validation_failed: {
    detail: 'The body breaks 2 rules; see errors.',
    errors: [
      { pointer: '/title', detail: 'must have 1 to 255 characters, not 0' },
      { pointer: '/priorty', detail: 'is not a known field; did you mean priority?' },
    ],
    instance: TASKS,
  },
  reference_not_found: {
    detail: '`project_id` names no project.',
    errors: [{ pointer: '/project_id', detail: 'names no project' }],
    instance: TASKS,
  },
}
