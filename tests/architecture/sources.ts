// The sources as text: which file imports which, and which matches a pattern.

import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Glob } from 'bun'

export const root = join(import.meta.dir, '../..')

export type Import = { from: string; to: string; here: string; there: string }

const IMPORT = /(?:from|import\(|import)\s*'([#.][^']+)'/g

/** Every import between files of the project, `#…` paths resolved. */
export function importsOf(): Import[] {
  return files('{src,cli,bench,chaos}/**/*.ts').flatMap(from =>
    [...read(from).matchAll(IMPORT)].flatMap(([, target]) => {
      const to = target!.startsWith('#')
        ? join('src', target!.slice(1))
        : relative(root, join(root, dirname(from), target!))
      const isSource = /^(src|cli|bench|chaos)\//.test(to) && to.endsWith('.ts')
      return isSource ? [{ from, to, here: ringOf(from), there: ringOf(to) }] : []
    }),
  )
}

export const files = (pattern: string): string[] => [...new Glob(pattern).scanSync(root)].toSorted()

export const read = (file: string): string => readFileSync(join(root, file), 'utf8')

export const filesMatching = (pattern: string, text: RegExp): string[] =>
  files(pattern).filter(file => text.test(read(file)))

const ringOf = (file: string) => /^src\/[^/]+(?=\/)/.exec(file)?.[0] ?? file.split('/')[0]!
