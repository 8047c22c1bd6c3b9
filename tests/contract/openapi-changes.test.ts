// What counts as breaking between two API documents: every kind once, beside its harmless twin.
// docs/versioning.md promises these.

import { describe, expect, test } from 'bun:test'
import { compareDocuments } from '../../cli/build/api-changes/index.ts'
import type { Json } from '../../cli/build/api-changes/json.ts'

describe('a change that breaks clients is named', () => {
  test.each<[string, Edit | Edit[], string]>([
    ['a path that is gone', drop('paths /tasks/{id}'), 'GET /tasks/{id} is gone'],
    ['an operation that is gone', drop('paths /tasks post'), 'POST /tasks is gone'],
    [
      'another operationId',
      set('paths /tasks get operationId', 'getTasks'),
      'GET /tasks: the operationId was listTasks and is getTasks',
    ],
    [
      'a parameter that is gone',
      pop('paths /tasks get parameters'),
      'GET /tasks: the query parameter limit is gone',
    ],
    [
      'a new required parameter',
      push('paths /tasks get parameters', { ...parameter('team'), required: true }),
      'GET /tasks: there is a new required query parameter team',
    ],
    [
      'a parameter that becomes required',
      set('paths /tasks get parameters 0 required', true),
      'GET /tasks: the query parameter sort is required',
    ],
    [
      'a lower limit of a parameter',
      set('paths /tasks get parameters 1 schema maximum', 100),
      'GET /tasks: the query parameter limit: maximum was 200 and is 100',
    ],
    [
      'a parameter of another type',
      set('paths /tasks get parameters 1 schema', { type: 'string' }),
      'GET /tasks: the query parameter limit was integer and is string',
    ],
    [
      'another default',
      set('paths /tasks get parameters 0 schema default', 'title'),
      'GET /tasks: the query parameter sort: default was "created_at" and is "title"',
    ],
    [
      'a value that a parameter no longer takes',
      set('paths /tasks get parameters 0 schema enum', ['created_at']),
      'GET /tasks: the query parameter sort no longer has the value title',
    ],
    [
      'a field that the body no longer takes',
      drop('components schemas NewTask properties note'),
      'POST /tasks: the field note of the body is gone',
    ],
    [
      'a new required field of the body',
      [
        set('components schemas NewTask properties team', { type: 'string' }),
        push('components schemas NewTask required', 'team'),
      ],
      'POST /tasks: the field team of the body is new and required',
    ],
    [
      'a field of the body that becomes required',
      push('components schemas NewTask required', 'note'),
      'POST /tasks: the field note of the body is required',
    ],
    [
      'null that the body no longer takes',
      set('components schemas NewTask properties note type', 'string'),
      'POST /tasks: the field note of the body was string or null and is string',
    ],
    [
      'a shorter text in the body',
      set('components schemas NewTask properties title maxLength', 100),
      'POST /tasks: the field title of the body: maxLength was 255 and is 100',
    ],
    [
      'a limit where there was none',
      set('components schemas NewTask properties note maxLength', 100),
      'POST /tasks: the field note of the body: maxLength was absent and is 100',
    ],
    [
      'a pattern where there was none',
      set('components schemas NewTask properties title pattern', '^A'),
      'POST /tasks: the field title of the body: pattern was absent and is "^A"',
    ],
    [
      'a body that may no longer be left out',
      set('paths /tasks post requestBody required', true),
      'POST /tasks: there is a required body now',
    ],
    [
      'a content type that is no longer read',
      set('paths /tasks post requestBody content', { 'text/json': { schema: {} } }),
      'POST /tasks: the body is no longer application/json',
    ],
    [
      'an answer that is gone',
      drop('paths /tasks/{id} get responses 404'),
      'GET /tasks/{id}: the answer 404 is gone',
    ],
    [
      'a header that an answer no longer has',
      drop('paths /tasks/{id} get responses 200 headers ETag'),
      'GET /tasks/{id}: the answer 200 no longer has the header ETag',
    ],
    [
      'an answer of another content type',
      set('paths /tasks/{id} get responses 200 content', { 'text/plain': { schema: {} } }),
      'GET /tasks/{id}: the answer 200 is no longer application/json',
    ],
    [
      'a field that answers no longer have',
      drop('components schemas Task properties title'),
      'GET /tasks/{id}: the field title of the answer 200 is gone',
    ],
    [
      'the same, deep in a list',
      drop('components schemas Task properties title'),
      'GET /tasks: the field data[].title of the answer 200 is gone',
    ],
    [
      'a field that answers may leave out now',
      pop('components schemas Task required'),
      'GET /tasks/{id}: the field state of the answer 200 is no longer required',
    ],
    [
      'null where there was none before',
      set('components schemas Task properties title type', ['string', 'null']),
      'GET /tasks/{id}: the field title of the answer 200 was string and is string or null',
    ],
    [
      'a field of another type',
      set('components schemas Task properties title type', 'integer'),
      'GET /tasks/{id}: the field title of the answer 200 was string and is integer',
    ],
    [
      'a value that clients cannot know',
      push('components schemas Task properties state enum', 'blocked'),
      'GET /tasks/{id}: the field state of the answer 200 has the new value blocked',
    ],
    [
      'another format',
      set('components schemas Task properties id format', 'ulid'),
      'GET /tasks/{id}: the field id of the answer 200: format was "uuid" and is "ulid"',
    ],
  ])('%s', (_, edit, text) => {
    expect(changes(edit)).toContainEqual({ breaks: true, text })
  })
})

describe('a change that only adds is told apart', () => {
  test.each<[string, Edit | Edit[]]>([
    ['a new path', set('paths /users', { get: {} })],
    ['a new operation', set('paths /tasks/{id} delete', {})],
    ['a new optional parameter', push('paths /tasks get parameters', parameter('team'))],
    ['a higher limit of a parameter', set('paths /tasks get parameters 1 schema maximum', 500)],
    [
      'a value more that a parameter takes',
      push('paths /tasks get parameters 0 schema enum', 'state'),
    ],
    [
      'a new optional field of the body',
      set('components schemas NewTask properties team', { type: 'string' }),
    ],
    [
      'a field of the body that need not be there any more',
      pop('components schemas NewTask required'),
    ],
    [
      'null that the body takes now',
      set('components schemas NewTask properties title type', ['string', 'null']),
    ],
    [
      'a longer text in the body',
      set('components schemas NewTask properties title maxLength', 500),
    ],
    ['a new answer', set('paths /tasks post responses 429', {})],
    ['a new header of an answer', set('paths /tasks/{id} get responses 200 headers Age', {})],
    ['a new field in answers', set('components schemas Task properties team', { type: 'string' })],
    [
      'a code more where clients were told to expect some',
      push('components schemas Problem properties code enum', 'teapot'),
    ],
  ])('%s', (_, edit) => {
    const found = changes(edit)
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter(change => change.breaks)).toEqual([])
  })
})

test('texts, examples and the order of things are no part of the contract', () => {
  expect(
    changes([
      set('paths /tasks get summary', 'Tasks'),
      reverse('paths /tasks get parameters'),
      set('components schemas Task description', 'Another one'),
      reverse('components schemas Task required'),
      set('components schemas Task properties title examples', ['x']),
    ]),
  ).toEqual([])
})

test('a shape that refers to itself is compared once', () => {
  const found = changes(set('components schemas Task properties parent minProperties', 1))
  expect(found).toEqual([])
})

type Edit = (document: Json) => void

function changes(edits: Edit | readonly Edit[]) {
  const [old, now] = [draft(), draft()]
  for (const edit of [edits].flat()) edit(now)
  return compareDocuments(old, now)
}

// An edit names its place by the names that lead there.
const set = (place: string, value: unknown) => at(place, (parent, name) => (parent[name] = value))
const drop = (place: string) => at(place, (parent, name) => delete parent[name])
const push = (place: string, value: unknown) =>
  at(place, (parent, name) => listIn(parent, name).push(value))
const pop = (place: string) => at(place, (parent, name) => listIn(parent, name).pop())
const reverse = (place: string) => at(place, (parent, name) => listIn(parent, name).reverse())

const at =
  (place: string, change: (parent: Record<string, unknown>, name: string) => unknown): Edit =>
  document => {
    const names = place.split(' ')
    const last = names.pop() ?? ''
    let parent: unknown = document
    for (const name of names) parent = (parent as Json)[name]
    if (!parent) throw new Error(`The draft has no ${place}.`)
    change(parent as Record<string, unknown>, last)
  }

function listIn(parent: Json, name: string): unknown[] {
  const list = parent[name]
  if (!Array.isArray(list)) throw new Error(`${name} is no list.`)
  return list
}

const parameter = (name: string) => ({
  name,
  in: 'query',
  required: false,
  schema: { type: 'string' },
})

const json = (name: string) => ({
  'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
})

const draft = (): Json => ({
  paths: {
    '/tasks': {
      get: {
        operationId: 'listTasks',
        summary: 'List',
        parameters: [
          {
            ...parameter('sort'),
            schema: { type: 'string', enum: ['created_at', 'title'], default: 'created_at' },
          },
          { ...parameter('limit'), schema: { type: 'integer', maximum: 200 } },
        ],
        responses: {
          '200': {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    data: { type: 'array', items: { $ref: '#/components/schemas/Task' } },
                  },
                },
              },
            },
          },
        },
      },
      post: {
        operationId: 'createTask',
        requestBody: { required: false, content: json('NewTask') },
        responses: { '201': { content: json('Task') } },
      },
    },
    '/tasks/{id}': {
      get: {
        operationId: 'getTask',
        responses: {
          '200': { headers: { ETag: {} }, content: json('Task') },
          '404': { content: json('Problem') },
        },
      },
    },
  },
  components: {
    schemas: {
      Task: {
        type: 'object',
        required: ['id', 'title', 'state'],
        properties: {
          id: { type: 'string', format: 'uuid' },
          title: { type: 'string', maxLength: 255 },
          state: { type: 'string', enum: ['open', 'done'] },
          parent: { $ref: '#/components/schemas/Task' },
        },
      },
      NewTask: {
        type: 'object',
        additionalProperties: false,
        required: ['title'],
        properties: {
          title: { type: 'string', maxLength: 255 },
          note: { type: ['string', 'null'] },
        },
      },
      Problem: {
        type: 'object',
        properties: { code: { type: 'string', enum: ['not_found'], 'x-open-enum': true } },
      },
    },
  },
})
