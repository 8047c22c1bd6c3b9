// The documents that are made from sources, so that they cannot disagree.

import { configurationPage, envExample } from '#config/describe.ts'
import { errorsPage } from './errors-page.ts'
import { ERROR_CODES_FILE, errorCodesFile } from './error-codes-file.ts'
import { OPENAPI_FILE, openApiFile } from './openapi-file.ts'
import { metricsPage } from './metrics-page.ts'
import { permissionsPage } from './permissions-page.ts'
import { FAMILIES, rows } from '../commands.ts'
import { commandPage, exitPage, familyPage, overview } from '../help.ts'

export type Generated = {
  /** From the root of the project. */
  file: string
  make(): string | Promise<string>
}

// What `zerg … --help` prints is a promise to whoever has learned it: a change shows in a diff.
const help = (words: string, page: () => string | Promise<string>): Generated => ({
  file: `tests/contract/golden/help/${words.replaceAll(' ', '-')}.txt`,
  make: async () => `${Bun.stripANSI(await page())}\n`,
})

export const helpPages: readonly Generated[] = [
  help('zerg', overview),
  help('zerg help exit', exitPage),
  ...Object.keys(FAMILIES).map(word => help(`zerg ${word}`, () => familyPage(word))),
  ...rows.map(row => help(`zerg ${row.name}`, async () => commandPage(row, await row.load()))),
]

export const generated: readonly Generated[] = [
  { file: 'docs/configuration.md', make: configurationPage },
  { file: '.env.example', make: envExample },
  { file: 'docs/errors.md', make: errorsPage },
  { file: 'docs/metrics.md', make: metricsPage },
  { file: 'docs/permissions.md', make: permissionsPage },
  { file: OPENAPI_FILE, make: openApiFile },
  { file: ERROR_CODES_FILE, make: errorCodesFile },
  ...helpPages,
]
