// The API's document: OpenAPI 3.1 of every route that says what it is (`documented`).

import { toOpenAPISchema } from '@elysiajs/openapi/openapi'
import { type AnyElysia, Elysia } from 'elysia'
import { ERROR_CODES, isErrorCode } from '#lib/error-codes.ts'
import { BEARER, DESCRIPTION, LICENSE, SECURITY_SCHEMES, TAGS, TITLE } from './about.ts'
import type { Operation } from './documented.ts'
import { ANSWER_HEADERS, REQUEST_HEADERS } from './headers.ts'
import type { Place } from './implied.ts'
import type { Components, Example, OpenApiDocument, PathOperation } from './openapi.ts'
import { writeOperation } from './operation.ts'
import { problemExample, problemSchemas } from './problem.ts'
import { createSchemaWriter } from './schemas.ts'

const OPENAPI_VERSION = '3.1.1'

/**
 * The document of these routes, made from them alone: nothing has to listen or be connected.
 *
 * @throws Error when a route neither documents itself nor hides (`undocumented`).
 */
export function makeDocument(
  routes: readonly AnyElysia[],
  { version }: { version: string },
): OpenApiDocument {
  const schemas = createSchemaWriter()
  const paths: OpenApiDocument['paths'] = {}
  for (const place of placesOf(routes)) {
    const operation = writeOperation(place, schemas)
    paths[place.path] = { ...paths[place.path], [place.method]: operation }
  }
  return {
    openapi: OPENAPI_VERSION,
    info: { title: TITLE, version, description: DESCRIPTION, license: LICENSE },
    servers: [{ url: '/', description: 'The instance that served this document.' }],
    security: [{ [BEARER]: [] }],
    tags: tagsOf(paths),
    paths,
    components: componentsFor(paths, { ...schemas.components(), ...problemSchemas }),
  }
}

/** Every documented route in the order of its path, so that the document does not depend on wiring. */
export function placesOf(routes: readonly AnyElysia[]): Place[] {
  const app = new Elysia()
  for (const plugin of routes) app.use(plugin)
  const { paths } = toOpenAPISchema(app, { staticFile: false, methods: ['options', 'head'] })
  return Object.entries(paths)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([path, methods]) =>
      Object.entries(methods ?? {}).map(([method, gathered]) => ({
        path,
        method,
        operation: operationIn(gathered, `${method.toUpperCase()} ${path}`),
      })),
    )
}

function operationIn(gathered: unknown, where: string): Operation {
  if (typeof gathered === 'object' && gathered !== null && 'operation' in gathered)
    return gathered.operation as Operation
  throw new Error(`${where} is not documented.`)
}

function tagsOf(paths: OpenApiDocument['paths']): OpenApiDocument['tags'] {
  const used = new Set(
    Object.values(paths).flatMap(methods => Object.values(methods).flatMap(({ tags }) => tags)),
  )
  return Object.entries(TAGS)
    .filter(([name]) => used.has(name))
    .map(([name, description]) => ({ name, description }))
}

// Only what is referred to: a component that nothing uses is noise in every generated client.
function componentsFor(
  paths: OpenApiDocument['paths'],
  schemas: Components['schemas'],
): Components {
  const written = JSON.stringify(paths)
  const used = <Value>(kind: keyof Components, all: Readonly<Record<string, Value>>) =>
    Object.fromEntries(
      Object.entries(all).filter(([name]) => written.includes(`"#/components/${kind}/${name}"`)),
    )
  return {
    schemas,
    parameters: used('parameters', REQUEST_HEADERS),
    headers: used('headers', ANSWER_HEADERS),
    examples: used('examples', errorExamples()),
    securitySchemes: SECURITY_SCHEMES,
  }
}

const errorExamples = (): Record<string, Example> =>
  Object.fromEntries(
    Object.keys(ERROR_CODES)
      .filter(isErrorCode)
      .map(code => [code, problemExample(code)]),
  )

export type { OpenApiDocument, PathOperation }
