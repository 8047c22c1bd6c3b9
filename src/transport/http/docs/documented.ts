// What a route says about itself. `documented({ … })` is a route's Elysia `detail`; nothing of it is
// read while a request is answered. `document.ts` turns it into OpenAPI, and adds what every
// operation of its kind has: the common errors, request headers, and the headers of answers.

import type { TObject, TSchema } from '@sinclair/typebox'
import type { ErrorCode } from '#lib/error-codes.ts'
import type { KeyUse, LimitClass, RouteRule } from '../access.ts'

/** The groups of the document, in its order; `tags.ts` says what each is about. */
export type Tag =
  | 'auth'
  | 'me'
  | 'users'
  | 'tasks'
  | 'projects'
  | 'members'
  | 'keys'
  | 'audit'
  | 'errors'
  | 'health'
  | 'document'

/** Headers that an answer may carry beside `X-Request-Id`; `headers.ts` describes them. */
export type AnswerHeader =
  | 'ETag'
  | 'Last-Modified'
  | 'Link'
  | 'Location'
  | 'Cache-Control'
  | 'Idempotency-Replayed'

export type Answer = {
  /** A sentence, such as `The task.` */
  description: string
  /** Absent where the answer has no body (204). A shape with an `$id` becomes a component of that name. */
  shape?: TSchema
  /** One body as it would be sent; it has to fit `shape`. Required with a shape. */
  example?: unknown
  headers?: readonly AnswerHeader[]
  /** `application/json` unless stated. */
  contentType?: string
}

export type Body = {
  shape: TSchema
  /** Bodies by a short name (`minimal`, `complete`); each has to fit `shape`. */
  examples: Readonly<Record<string, unknown>>
  /** `application/json` unless stated; PATCH adds `application/merge-patch+json`. */
  contentTypes?: readonly string[]
}

/** A sentence describes an id (a UUID); anything else in a path states its shape. */
export type PathParameter = string | { description: string; shape: TSchema; example: string }

export type Operation = {
  /** `listTasks`: unique, and never renamed, since clients are generated from it. */
  id: string
  tag: Tag
  /** Who may call it: a rule of the feature's policy, or `OPEN`. */
  rule: RouteRule
  /** The limit that it counts against; by its method unless stated. */
  limit?: LimitClass
  /**
   * `kept` where the service carries a POST out `once` (platform/idempotency). Otherwise the header
   * is refused rather than ignored: because the answer shows a secret, or nobody keeps it.
   */
  idempotency?: KeyUse
  /** A few words for a list, without a full stop: `List tasks`. */
  summary: string
  /** Whole sentences in Markdown: what a caller has to know beyond the shapes. */
  description: string
  /** One entry for each `:name` of the route's path. */
  path?: Readonly<Record<string, PathParameter>>
  /** Each property is a query parameter; give it a `description`, and `examples` where that helps. */
  query?: TObject
  body?: Body
  /**
   * By status. A GET whose 200 carries an `ETag` is documented with `If-None-Match` and 304 too;
   * an operation with the error `version_mismatch` with `If-Match`.
   */
  answers: Readonly<Record<number, Answer>>
  /**
   * What this operation can answer beyond what its kind implies. Implied are:
   * - everywhere `invalid_header`, `internal`, `deadline_exceeded`, `shutting_down`;
   * - under /api and with a query `invalid_query`, with a `cursor` in it `invalid_cursor`;
   * - for an id in the path `invalid_path_parameter`;
   * - for a body `malformed_json`, `payload_too_large`, `unsupported_media_type`, `validation_failed`;
   * - where idempotency keys are kept `idempotency_in_flight`, `idempotency_key_reused`;
   * - for a dependency its 503s, and for a change `storage_full`.
   */
  errors?: readonly ErrorCode[]
  /** What has to be there for an answer; `tasks` means the database and the Tasks service. */
  needs?: 'nothing' | 'database' | 'tasks'
}

/** A route's `detail`: Elysia keeps it, `document.ts` reads `operation`. */
export type Documented = {
  operationId: string
  summary: string
  tags: string[]
  operation: Operation
}

/**
 * Documents a route. Example:
 *
 *     .get('/:id', async ({ params }) => …, {
 *       detail: documented({
 *         id: 'getTask',
 *         tag: 'tasks',
 *         rule: TASKS.read,
 *         summary: 'Read a task',
 *         description: 'Answers the task and its version as `ETag`.',
 *         path: { id: 'Id of the task.' },
 *         answers: { 200: { description: 'The task.', shape: Task, example: aTask, headers: ['ETag'] } },
 *         errors: ['task_not_found'],
 *         needs: 'tasks',
 *       }),
 *     })
 */
export const documented = (operation: Operation): Documented => ({
  operationId: operation.id,
  summary: operation.summary,
  tags: [operation.tag],
  operation,
})

/** For routes that are no part of the document, such as pages and their files. */
export const undocumented = (stated: Stated): { hide: true } & Stated => ({
  hide: true,
  ...stated,
})

type Stated = Pick<Operation, 'rule' | 'limit' | 'idempotency'>
