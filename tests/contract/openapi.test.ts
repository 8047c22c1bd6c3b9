// The API document is a contract: complete, lint-clean, and not broken unseen.

import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { compareDocuments } from '../../cli/build/api-changes/index.ts'
import { isObject, type Json, objectAt, resolve } from '../../cli/build/api-changes/json.ts'
import { currentDocument, promisedDocument } from '../../cli/build/openapi-file.ts'
import { documentedRoutes } from '../../src/document.ts'
import { ERROR_CODES } from '#lib/error-codes.ts'
import { parseShape } from '#lib/shape.ts'
import { placesOf } from '#transport/http/docs/document.ts'

const root = join(import.meta.dir, '../..')
const folder = mkdtempSync(join(tmpdir(), 'zerg-openapi-'))
afterAll(() => rmSync(folder, { recursive: true }))

const document = currentDocument()
const places = placesOf(documentedRoutes())
const operations = Object.entries(objectAt(document, 'paths')).flatMap(([path, methods]) =>
  Object.keys(isObject(methods) ? methods : {}).map(
    method =>
      [
        `${method.toUpperCase()} ${path}`,
        objectAt(objectAt(objectAt(document, 'paths'), path), method),
      ] as const,
  ),
)

test('nothing that was promised is broken', async () => {
  const changes = compareDocuments((await promisedDocument()) ?? {}, document)
  expect(changes.filter(change => change.breaks)).toEqual([])
})

// Additions are welcome: `npm run generate` writes them down.
test('the promised document is the present one', async () => {
  const promised = await promisedDocument()
  expect(compareDocuments(promised ?? {}, document)).toEqual([])
  expect(promised).toEqual(document)
})

describe('under redocly’s recommended rules', () => {
  test('there is nothing to say, not even a warning', async () => {
    expect(await lint(document)).toEqual([])
  }, 60_000)

  // Without this, a linter that looks at nothing would pass the test above.
  test('an example that does not fit its schema is found', async () => {
    const broken = currentDocument()
    const examples = objectAt(objectAt(broken, 'components'), 'examples')
    const value = objectAt(objectAt(examples, 'task_not_found'), 'value') as Record<string, unknown>
    value['status'] = 'four hundred and four'
    const problems = await lint(broken)
    expect(problems).not.toEqual([])
    expect(problems.every(rule => rule === 'no-invalid-media-type-examples')).toBe(true)
  }, 60_000)
})

test.each(places.map(place => [`${place.method.toUpperCase()} ${place.path}`, place] as const))(
  'the examples of %s are what it takes and answers',
  (_, { operation: { body, answers } }) => {
    for (const example of Object.values(body?.examples ?? {}))
      expect(parseShape(body!.shape, example)).toEqual(example)
    for (const { shape, example } of Object.values(answers))
      if (shape) expect([...Value.Errors(shape, example)]).toEqual([])
  },
)

test.each(operations)('%s has an example for success and for each error', (_, operation) => {
  const responses = Object.entries(objectAt(operation, 'responses'))
  expect(responses.some(([status]) => status.startsWith('2'))).toBe(true)
  for (const [status, response] of responses) {
    const contents = Object.values(objectAt(isObject(response) ? response : {}, 'content'))
    // Only an answer without a body needs none.
    if (contents.length === 0) expect(['204', '304']).toContain(status)
    for (const content of contents)
      expect(
        Object.keys(objectAt(isObject(content) ? content : {}, 'examples')),
        status,
      ).not.toEqual([])
  }
})

test.each(operations)('every error of %s is an example of its status', (_, operation) => {
  for (const [status, response] of Object.entries(objectAt(operation, 'responses'))) {
    const content = objectAt(
      objectAt(isObject(response) ? response : {}, 'content'),
      'application/problem+json',
    )
    for (const example of Object.values(objectAt(content, 'examples'))) {
      const { value } = resolve(document, isObject(example) ? example : {})
      expect(value).toMatchObject({ status: Number(status) })
    }
  }
})

// These come before a route is found, or after the client has gone.
const OF_NO_OPERATION = ['route_not_found', 'method_not_allowed', 'client_closed_request']

test('every error code belongs to an operation', () => {
  const used = new Set(Object.keys(objectAt(objectAt(document, 'components'), 'examples')))
  const unused = Object.keys(ERROR_CODES).filter(code => !used.has(code))
  expect(unused.toSorted()).toEqual(OF_NO_OPERATION.toSorted())
})

test('null is a type, and no keyword of other dialects is left', () => {
  const text = JSON.stringify(document)
  for (const keyword of ['nullable', '$id', '$schema']) expect(text).not.toContain(`"${keyword}":`)
})

/** The rules that redocly finds broken. */
async function lint(given: Json): Promise<string[]> {
  const file = join(folder, `${crypto.randomUUID()}.json`)
  await Bun.write(file, JSON.stringify(given))
  const child = Bun.spawn(
    [
      join(root, 'node_modules/.bin/redocly'),
      'lint',
      file,
      '--extends=recommended',
      '--format=json',
    ],
    {
      cwd: folder,
      stdout: 'pipe',
      stderr: 'pipe',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    },
  )
  const [out, talk] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  const report = JSON.parse(out.slice(out.indexOf('{')) || 'null') as Report | null
  if (!report) throw new Error(`redocly said nothing that can be read: ${talk}`)
  return report.problems.map(({ ruleId }) => ruleId)
}

type Report = { problems: { ruleId: string }[] }
