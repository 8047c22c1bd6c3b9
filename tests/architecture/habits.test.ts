// Habits that types and the linter cannot hold.

import { expect, test } from 'bun:test'
import { files, filesMatching, read } from './sources.ts'

// A handler that is not async can reject past onError, into a bare 500.
test('every route handler is async', () => {
  const route =
    /\.(?:get|post|put|patch|delete|all)\(\s*['`]\/[^'`]*['`],\s*(?!\s|async\b|[a-z][A-Za-z]*[,)])/
  expect(filesMatching('src/**/*.ts', route)).toEqual([])
})

test('only the configuration reads the environment', () => {
  const found = filesMatching('{src,cli}/**/*.ts', /\b(?:Bun|process|import\.meta)\.env\b/)
  expect(found.filter(file => !file.startsWith('cli/build/'))).toEqual(['src/config/sources.ts'])
})

test('importing the server runs nothing', () => {
  const atTopLevel = /^(?:await |void |setInterval|setTimeout|process\.on|Bun\.serve)/m
  expect(filesMatching('src/**/*.ts', atTopLevel)).toEqual([])
})

test('nothing scans a folder, since an executable has none', () => {
  expect(filesMatching('{src,cli/commands,cli/output}/**/*.ts', /\bnew Glob\(|\breaddir/)).toEqual(
    filesMatching('src/platform/{sockets,embedded}/**/*.ts', /\breaddir/),
  )
})

test('there is no escape from the types', () => {
  const escape = /(?::|<|as) any\b|@ts-(?:ignore|expect-error|nocheck)|as unknown as/
  expect(filesMatching('{src,cli,bench}/**/*.ts', escape).filter(isWritten)).toEqual([])
})

test('every file of the server says in its first line what it owns', () => {
  const silent = files('src/**/*.ts')
    .filter(isWritten)
    .filter(file => !read(file).startsWith('//'))
  expect(silent).toEqual([])
})

test('the only lock file is bun.lock', () => {
  expect(files('{package-lock.json,yarn.lock,pnpm-lock.yaml,bun.lockb}')).toEqual([])
})

const isWritten = (file: string) => !file.endsWith('.gen.ts')
