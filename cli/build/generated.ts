// The documents that are made from sources, so that they cannot disagree.

import { configurationPage, envExample } from '#config/describe.ts'

export type Generated = {
  /** From the root of the project. */
  file: string
  make(): string | Promise<string>
}

export const generated: readonly Generated[] = [
  { file: 'docs/configuration.md', make: configurationPage },
  { file: '.env.example', make: envExample },
]
