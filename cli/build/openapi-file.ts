// docs/openapi.json: the API document that clients were promised. A change that breaks them is not
// written unless it is meant.

import { join } from 'node:path'
import { apiDocument } from '../../src/document.ts'
import { compareDocuments } from './api-changes/index.ts'
import { isObject, type Json } from './api-changes/json.ts'
import { root } from './fingerprint.ts'

export const OPENAPI_FILE = 'docs/openapi.json'

/** @throws Error naming every breaking change, unless `npm run generate -- --breaking` accepts them. */
export async function openApiFile(): Promise<string> {
  const now = currentDocument()
  const breaking = compareDocuments((await promisedDocument()) ?? now, now).filter(
    ({ breaks }) => breaks,
  )
  if (breaking.length > 0 && !process.argv.includes('--breaking'))
    throw new Error(
      `these changes of the API break clients (docs/versioning.md); \`npm run generate -- --breaking\` accepts them:\n${breaking.map(({ text }) => `  ${text}`).join('\n')}`,
    )
  return `${JSON.stringify(now, null, 2)}\n`
}

/** As it is served: JSON, without what JSON does not know. */
export const currentDocument = (): Json => requireObject(JSON.parse(JSON.stringify(apiDocument())))

/** As it was committed; undefined where there is none yet. */
export async function promisedDocument(): Promise<Json | undefined> {
  const file = Bun.file(join(root, OPENAPI_FILE))
  return (await file.exists()) ? requireObject(await file.json()) : undefined
}

function requireObject(value: unknown): Json {
  if (!isObject(value)) throw new Error('An API document is an object.')
  return value
}
