// How routes become a document: what is refused, what is implied, and how shapes are written.

import { describe, expect, test } from 'bun:test'
import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { OPEN } from '#transport/http/access.ts'
import { makeDocument } from '#transport/http/docs/document.ts'
import { documented, type Operation, undocumented } from '#transport/http/docs/documented.ts'
import { createSchemaWriter } from '#transport/http/docs/schemas.ts'

test('a route that says nothing of itself is named', () => {
  const routes = new Elysia().get('/secret', async () => 'x')
  expect(() => makeDocument([routes], { version: '1' })).toThrow('GET /secret is not documented.')
})

test('a route that hides is left out, and a tag that nothing uses too', () => {
  const routes = new Elysia()
    .get('/page', async () => 'x', { detail: undocumented({ rule: OPEN }) })
    .get('/health', async () => 'x', { detail: documented(operation({ tag: 'health' })) })
  const { paths, tags } = makeDocument([routes], { version: '1' })
  expect(Object.keys(paths)).toEqual(['/health'])
  expect(tags.map(({ name }) => name)).toEqual(['health'])
})

test('the order of wiring does not change the document', () => {
  const [a, b] = [
    new Elysia().get('/a', async () => 'x', { detail: documented(operation({ id: 'a' })) }),
    new Elysia().get('/b', async () => 'x', { detail: documented(operation({ id: 'b' })) }),
  ]
  expect(JSON.stringify(makeDocument([b, a], { version: '1' }))).toBe(
    JSON.stringify(makeDocument([a, b], { version: '1' })),
  )
})

describe('errors are implied by', () => {
  test.each<[string, Partial<Operation>, Record<string, string[]>]>([
    ['an id in the path', { path: { id: 'Its id.' } }, { 400: ['invalid_path_parameter'] }],
    [
      'a cursor',
      { query: Type.Object({ cursor: Type.Optional(Type.String()) }) },
      { 400: ['invalid_query', 'invalid_cursor'] },
    ],
    ['a body', aBody(), { 422: ['validation_failed'] }],
    ['a body that may be large', aBody(), { 413: ['payload_too_large'] }],
    ['a database', { needs: 'database' }, { 503: ['database_unavailable', 'database_busy'] }],
    ['the Tasks service', { needs: 'tasks' }, { 503: ['tasks_service_unavailable'] }],
    ['a change of what is kept', { needs: 'database' }, { 507: ['storage_full'] }],
    ['a body that may be slow', aBody(), { 408: ['body_too_slow'] }],
    ['every request', {}, { 504: ['deadline_exceeded'] }],
    ['every head', {}, { 414: ['uri_too_long'], 431: ['header_too_large'] }],
    ['a limit', {}, { 429: ['rate_limited'], 503: ['too_many_in_flight'] }],
  ])('%s', (_, more, implied) => {
    for (const [status, codes] of Object.entries(implied))
      expect(examplesOf(more, status)).toEqual(expect.arrayContaining(codes))
  })

  test('nothing where they cannot come', () => {
    const bare = { limit: 'none' } as const
    const { responses } = writtenOf(bare)
    expect(Object.keys(responses)).toEqual(['200', '400', '414', '431', '500', '503', '504'])
    expect(examplesOf(bare, '400')).toEqual(['invalid_header'])
    expect(examplesOf(bare, '503')).toEqual(['shutting_down'])
  })
})

test('a read with an ETag may be answered 304, and a change may be tied to a version', () => {
  const shape = Type.Object({})
  const ok = { description: 'It.', shape, example: {}, headers: ['ETag'] } as const
  const read = writtenOf({ answers: { 200: ok } }, 'get')
  expect(read.responses['304']?.content).toBeUndefined()
  expect(JSON.stringify(read.parameters)).toContain('If-None-Match')

  const change = writtenOf({ answers: { 200: ok }, errors: ['version_mismatch'] })
  expect(change.responses['304']).toBeUndefined()
  expect(JSON.stringify(change.parameters)).toContain('If-Match')
})

describe('a shape', () => {
  test('that may be null has null among its types', () => {
    expect(write(Type.Union([Type.String({ format: 'uuid' }), Type.Null()]))).toEqual({
      type: ['string', 'null'],
      format: 'uuid',
    })
  })

  test('that is one of some words is an enum, null included', () => {
    const words = [Type.Literal('todo'), Type.Literal('done')]
    expect(write(Type.Union(words))).toEqual({ type: 'string', enum: ['todo', 'done'] })
    expect(write(Type.Union([...words, Type.Null()], { description: 'How far.' }))).toEqual({
      type: ['string', 'null'],
      enum: ['todo', 'done', null],
      description: 'How far.',
    })
  })

  test('with a name is written once, and referred to', () => {
    const writer = createSchemaWriter()
    const inner = Type.Object({ a: Type.String() }, { $id: 'Inner' })
    expect(writer.write(Type.Array(inner), 'answer')).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/Inner' },
    })
    expect(Object.keys(writer.components())).toEqual(['Inner'])
  })

  test('that may be null and has a name keeps its reference', () => {
    const inner = Type.Object({}, { $id: 'Inner' })
    expect(write(Type.Union([inner, Type.Null()]))).toEqual({
      anyOf: [{ $ref: '#/components/schemas/Inner' }, { type: 'null' }],
    })
  })

  test('is closed where clients send it, and open where they get it', () => {
    const shape = Type.Object({}, { additionalProperties: false })
    expect(createSchemaWriter().write(shape, 'request')).toHaveProperty('additionalProperties')
    expect(createSchemaWriter().write(shape, 'answer')).not.toHaveProperty('additionalProperties')
  })

  test('cannot share its name with another, nor be both sent and answered', () => {
    const writer = createSchemaWriter()
    const one = Type.Object({}, { $id: 'One' })
    writer.write(one, 'answer')
    expect(() => writer.write(Type.Object({}, { $id: 'One' }), 'answer')).toThrow('Two shapes')
    expect(() => writer.write(one, 'request')).toThrow('both sent and answered')
  })
})

const write = (shape: object) => createSchemaWriter().write(shape, 'answer')

function aBody(): Partial<Operation> {
  return { body: { shape: Type.Object({}), examples: { minimal: {} } } }
}

const operation = (more: Partial<Operation> = {}): Operation => ({
  id: 'tryOut',
  tag: 'health',
  rule: OPEN,
  summary: 'Try out',
  description: 'Only here.',
  answers: { 200: { description: 'Done.' } },
  ...more,
})

function writtenOf(more: Partial<Operation>, method: 'get' | 'post' = 'post') {
  const routes = new Elysia()[method]('/things', async () => 'x', {
    detail: documented(operation(more)),
  })
  const written = makeDocument([routes], { version: '1' }).paths['/things']?.[method]
  if (!written) throw new Error('The route is not in the document.')
  return written
}

const examplesOf = (more: Partial<Operation>, status: string) =>
  Object.keys(
    writtenOf(more).responses[status]?.content?.['application/problem+json']?.examples ?? {},
  )
