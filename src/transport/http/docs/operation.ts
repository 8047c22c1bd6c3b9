// One documented route as an OpenAPI operation.

import { type ErrorCode, errorEntry } from '#lib/error-codes.ts'
import { OPEN, SIGNED_IN } from '../access.ts'
import { BEARER } from './about.ts'
import type { Answer, AnswerHeader, Operation, PathParameter } from './documented.ts'
import type { EverywhereHeader } from './headers.ts'
import { errorsByStatus, isRead, type Place } from './implied.ts'
import type {
  JsonSchema,
  Parameter,
  PathOperation,
  Reference,
  RequestBody,
  Response,
} from './openapi.ts'
import { problemContent } from './problem.ts'
import type { SchemaWriter } from './schemas.ts'

export function writeOperation(place: Place, schemas: SchemaWriter): PathOperation {
  const { id, tag, summary, description, body } = place.operation
  const parameters = parametersOf(place, schemas)
  return {
    operationId: id,
    summary,
    description,
    tags: [tag],
    security: securityOf(place.operation),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: bodyOf(place, schemas) }),
    responses: responsesOf(place, schemas),
  } satisfies PathOperation
}

// An empty list is how OpenAPI says that nobody has to say who they are.
const securityOf = ({ rule }: Operation): Record<string, string[]>[] => {
  if (rule === OPEN) return []
  const scope = rule === SIGNED_IN ? null : rule.scope
  return [{ [BEARER]: scope === null ? [] : [scope] }]
}

function parametersOf(place: Place, schemas: SchemaWriter): (Parameter | Reference)[] {
  const { operation } = place
  const inPath = Object.entries(operation.path ?? {}).map(([name, parameter]) =>
    pathParameter(name, parameter, schemas),
  )
  return [...inPath, ...queryParameters(operation, schemas), ...headerParameters(place)]
}

function pathParameter(name: string, given: PathParameter, schemas: SchemaWriter): Parameter {
  if (typeof given === 'string')
    return {
      name,
      in: 'path',
      description: given,
      required: true,
      schema: { type: 'string', format: 'uuid' },
      example: '01939c2e-7a61-7d3c-8f5e-3b1c2d4e5f60',
    }
  const { description, shape, example } = given
  return {
    name,
    in: 'path',
    description,
    required: true,
    schema: schemas.write(shape, 'request'),
    example,
  }
}

function queryParameters({ query }: Operation, schemas: SchemaWriter): Parameter[] {
  if (!query) return []
  return Object.entries(query.properties).map(([name, shape]) =>
    queryParameter(name, schemas.write(shape, 'request'), query.required?.includes(name) ?? false),
  )
}

// Without examples: pages that try requests out would send every one of them along.
function queryParameter(name: string, written: JsonSchema, required: boolean): Parameter {
  const { description, examples, ...schema } = written
  const text = typeof description === 'string' ? description : ''
  return { name, in: 'query', description: text, required, schema }
}

function headerParameters({ method, operation }: Place): Reference[] {
  const names = [
    isRead(method) && carriesTag(operation) && 'If-None-Match',
    operation.errors?.includes('version_mismatch') && 'If-Match',
    operation.idempotency === 'kept' && 'Idempotency-Key',
    'Request-Timeout',
    'X-Request-Id',
  ]
  return names
    .filter(name => typeof name === 'string')
    .map(name => ({ $ref: `#/components/parameters/${name}` }))
}

const carriesTag = ({ answers }: Operation) => answers[200]?.headers?.includes('ETag') ?? false

function bodyOf({ method, operation: { body, id } }: Place, schemas: SchemaWriter): RequestBody {
  if (!body) throw new Error(`${id} has no body.`)
  const patch = method === 'patch' ? ['application/merge-patch+json'] : []
  const types = [...(body.contentTypes ?? ['application/json']), ...patch]
  const content = {
    schema: schemas.write(body.shape, 'request'),
    examples: Object.fromEntries(
      Object.entries(body.examples).map(([name, value]) => [name, { value }]),
    ),
  }
  return { required: true, content: Object.fromEntries(types.map(type => [type, content])) }
}

function responsesOf(place: Place, schemas: SchemaWriter): Record<string, Response> {
  const { operation, method } = place
  const responses = new Map<number, Response>()
  for (const [status, answer] of Object.entries(operation.answers))
    responses.set(Number(status), answerOf(withReplays(operation, answer), operation, schemas))
  if (isRead(method) && carriesTag(operation)) responses.set(304, notModified(operation))
  for (const [status, codes] of errorsByStatus(place)) {
    // `/ready` answers 503 in a shape of its own: what a route says itself goes first.
    if (!responses.has(status)) responses.set(status, errorOf(status, codes, operation))
  }
  return Object.fromEntries([...responses].toSorted(([a], [b]) => a - b))
}

const withReplays = ({ idempotency }: Operation, answer: Answer): Answer =>
  idempotency === 'kept'
    ? { ...answer, headers: [...(answer.headers ?? []), 'Idempotency-Replayed'] }
    : answer

function answerOf(answer: Answer, operation: Operation, schemas: SchemaWriter): Response {
  const { description, shape, example, headers = [], contentType = 'application/json' } = answer
  return {
    description,
    headers: headersOf(headers, operation),
    ...(shape && {
      content: {
        [contentType]: {
          schema: schemas.write(shape, 'answer'),
          ...(example !== undefined && { examples: { example: { value: example } } }),
        },
      },
    }),
  }
}

const errorOf = (status: number, codes: readonly ErrorCode[], operation: Operation): Response => ({
  description: codes.map(code => `\`${code}\`: ${errorEntry(code).title}.`).join('\n\n'),
  headers: headersOf(errorHeaders(status, codes), operation),
  content: problemContent(codes),
})

// Of the conflicts, only one passes by itself.
const errorHeaders = (status: number, codes: readonly ErrorCode[]) =>
  codes.includes('idempotency_in_flight') ? ERROR_HEADERS[503]! : (ERROR_HEADERS[status] ?? [])

const ERROR_HEADERS: Readonly<Record<number, readonly ('Retry-After' | 'WWW-Authenticate')[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}

const headersOf = (
  names: readonly (AnswerHeader | 'Retry-After' | 'WWW-Authenticate')[],
  { limit }: Operation,
): Record<string, Reference> => {
  const everywhere: readonly EverywhereHeader[] =
    limit === 'none' ? ['X-Request-Id'] : ['RateLimit-Policy', 'RateLimit', 'X-Request-Id']
  return Object.fromEntries(
    [...names, ...everywhere].map(name => [name, { $ref: `#/components/headers/${name}` }]),
  )
}

const notModified = (operation: Operation): Response => ({
  description: 'The client’s copy is still the present one; no body.',
  headers: headersOf(['ETag'], operation),
})
