// The error codes, offline: where every problem's `type` leads. JSON, or a page where a browser asks.

import { ERROR_CODES, type ErrorCode, isErrorCode } from '#lib/error-codes.ts'
import { AppError } from '#lib/errors.ts'
import { nearest } from '#lib/suggest.ts'
import { OPEN } from '../access.ts'
import { answerFile } from '../answers.ts'
import { readNoQuery } from '../query.ts'
import { createRoutes } from '../routes.ts'
import { documented } from './documented.ts'
import { answerCodePage, answerCodesPage } from './error-page.ts'
import { ErrorCodeList, ErrorCodeShape, tellCode, tellCodes } from './error-shapes.ts'

/** `/errors` and `/errors/:code`. */
export const errorRoutes = () =>
  createRoutes('errors', '')
    .get(
      '/errors',
      async ({ request }) => {
        readNoQuery(request)
        const codes = tellCodes()
        return prefersPage(request)
          ? answerCodesPage(request, codes)
          : answerTable(request, { data: codes })
      },
      { detail: listDocumentation },
    )
    .get(
      '/errors/:code',
      async ({ request, params }) => {
        readNoQuery(request)
        const told = tellCode(requireCode(params.code))
        return prefersPage(request) ? answerCodePage(request, told) : answerTable(request, told)
      },
      { detail: codeDocumentation },
    )

function requireCode(text: string): ErrorCode {
  if (isErrorCode(text)) return text
  const name = text.slice(0, 64)
  const near = nearest(name, Object.keys(ERROR_CODES))
  const hint = near === undefined ? '' : ` Did you mean \`${near}\`?`
  throw new AppError('error_code_not_found', `There is no error code \`${name}\`.${hint}`)
}

// Programs that take anything (`*/*`) get JSON; only a browser names HTML.
const prefersPage = (request: Request) =>
  request.headers.get('accept')?.includes('text/html') ?? false

function answerTable(request: Request, value: unknown): Response {
  const text = JSON.stringify(value)
  return answerFile(request, text, {
    type: 'application/json',
    etag: `"${Bun.hash(text).toString(36)}"`,
    // The same for everybody, and as long as this version runs.
    cacheControl: 'public, max-age=300',
    headers: { vary: 'accept' },
  })
}

const listDocumentation = documented({
  id: 'listErrorCodes',
  tag: 'errors',
  rule: OPEN,
  summary: 'List the error codes',
  description: 'Every code that an answer can carry, by status. A browser gets a page to read.',
  answers: {
    200: {
      description: 'The codes.',
      shape: ErrorCodeList,
      example: { data: [tellCode('invalid_cursor'), tellCode('task_not_found')] },
      headers: ['ETag', 'Cache-Control'],
    },
  },
  errors: ['invalid_query'],
})

const codeDocumentation = documented({
  id: 'getErrorCode',
  tag: 'errors',
  rule: OPEN,
  summary: 'Explain an error code',
  description: 'What the code means, why it comes and what to do. A browser gets a page to read.',
  path: {
    code: {
      description: 'The `code` of a problem.',
      shape: ErrorCodeShape.properties.code,
      example: 'task_not_found',
    },
  },
  answers: {
    200: {
      description: 'The code.',
      shape: ErrorCodeShape,
      example: tellCode('task_not_found'),
      headers: ['ETag', 'Cache-Control'],
    },
  },
  errors: ['error_code_not_found', 'invalid_query'],
})
