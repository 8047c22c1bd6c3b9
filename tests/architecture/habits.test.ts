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

// What these read are the kernel's tables and a database's own files.
test('nothing scans a folder, since an executable has none', () => {
  const scanning = filesMatching('{src,cli}/**/*.ts', /\bnew Glob\(|\breaddir/)
  const allowed = /^(?:cli\/build\/|src\/platform\/(?:sockets|threads|embedded)\/)/
  expect(scanning.filter(file => !allowed.test(file))).toEqual([])
})

test('there is no escape from the types', () => {
  const sources = files('{src,cli,bench}/**/*.ts').filter(isWritten)
  const silenced = sources.filter(file => /@ts-(?:ignore|expect-error|nocheck)/.test(read(file)))
  const cast = sources.filter(file =>
    /(?:: ?|<|\bas )any\b(?=[\s,;)>\]|=])|as unknown as/.test(withoutComments(read(file))),
  )
  expect([...silenced, ...cast]).toEqual([])
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

// A sentence may speak of any thing.
const withoutComments = (text: string) => text.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '')

const isWritten = (file: string) => !file.endsWith('.gen.ts')
