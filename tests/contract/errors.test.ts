// The error table is a contract: clients decide by its codes.

import { expect, test } from 'bun:test'
import { brokenCodes, currentCodes, publishedCodes } from '../../cli/build/error-codes-file.ts'
import { ERROR_CODES, errorEntry, isErrorCode } from '#lib/error-codes.ts'

const codes = Object.keys(ERROR_CODES).filter(isErrorCode)

test('a code that is gone or has another status is named', () => {
  const published = { task_not_found: 404, internal: 500, forbidden: 403 }
  expect(brokenCodes(published, { internal: 503, forbidden: 403, teapot: 418 })).toEqual([
    'task_not_found is gone',
    'internal was 500 and is 503',
  ])
})

test('no published code is gone or has another status', async () => {
  expect(brokenCodes(await publishedCodes(), currentCodes())).toEqual([])
})

test.each(codes)('%s says what it means, why it comes and what to do, in sentences', code => {
  const { status, title, meaning, cause, fix } = errorEntry(code)
  expect(status).toBeWithin(400, 600)
  expect(title).toMatch(/^[A-Z].*[^.]$/)
  for (const text of [meaning, cause, fix]) expect(text).toMatch(/^[A-Z`].*[.`]$/s)
})
