// An error code as `GET /errors` tells it.

import { Type } from '@sinclair/typebox'
import { ERROR_CODES, type ErrorCode, errorEntry, isErrorCode } from '#lib/error-codes.ts'

const told = (description: string) => Type.String({ description })

export const ErrorCodeShape = Type.Object(
  {
    code: told('What the `code` of a problem says.'),
    status: Type.Integer({ description: 'The HTTP status that it comes with.' }),
    title: told('The code in a few words.'),
    meaning: told('What it says about the request.'),
    cause: told('Why it comes.'),
    fix: told('What to do.'),
  },
  { $id: 'ErrorCode', description: 'An error code and what it means.' },
)

export const ErrorCodeList = Type.Object(
  { data: Type.Array(ErrorCodeShape) },
  { $id: 'ErrorCodeList', description: 'Every error code.' },
)

export type CodeTold = { code: ErrorCode } & ReturnType<typeof errorEntry>

export const tellCode = (code: ErrorCode): CodeTold => ({ code, ...errorEntry(code) })

/** All of them, by status. */
export const tellCodes = (): CodeTold[] =>
  Object.keys(ERROR_CODES)
    .filter(isErrorCode)
    .map(tellCode)
    .toSorted((a, b) => a.status - b.status)
