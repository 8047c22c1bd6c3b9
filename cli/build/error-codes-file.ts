// tests/contract/golden/error-codes.json: the codes that were published, and their statuses. Clients
// decide by them, so that none may go or change its status unless that is meant.

import { join } from 'node:path'
import { ERROR_CODES, errorEntry, isErrorCode } from '#lib/error-codes.ts'
import { root } from './fingerprint.ts'

export const ERROR_CODES_FILE = 'tests/contract/golden/error-codes.json'

type Statuses = Readonly<Record<string, number>>

/** @throws Error naming every broken promise, unless `npm run generate -- --breaking` accepts them. */
export async function errorCodesFile(): Promise<string> {
  const broken = brokenCodes(await publishedCodes(), currentCodes())
  if (broken.length > 0 && !process.argv.includes('--breaking'))
    throw new Error(
      `these changes break clients (docs/versioning.md); \`npm run generate -- --breaking\` accepts them:\n${broken.map(text => `  ${text}`).join('\n')}`,
    )
  return `${JSON.stringify(currentCodes(), null, 2)}\n`
}

export function brokenCodes(published: Statuses, current: Statuses): string[] {
  return Object.entries(published).flatMap(([code, status]) => {
    const now = current[code]
    if (now === undefined) return [`${code} is gone`]
    return now === status ? [] : [`${code} was ${status} and is ${now}`]
  })
}

export const currentCodes = (): Statuses =>
  Object.fromEntries(
    Object.keys(ERROR_CODES)
      .filter(isErrorCode)
      .toSorted()
      .map(code => [code, errorEntry(code).status]),
  )

export async function publishedCodes(): Promise<Statuses> {
  const file = Bun.file(join(root, ERROR_CODES_FILE))
  return (await file.exists()) ? ((await file.json()) as Statuses) : {}
}
