// Who may import whom. The table is the architecture; this test keeps it true.

import { expect, test } from 'bun:test'
import { importsOf, type Import } from './sources.ts'

const MAY_IMPORT: Record<string, readonly string[]> = {
  'src/lib': [],
  'src/config': ['src/lib'],
  'src/platform': ['src/lib', 'src/config'],
  'src/transport': ['src/lib', 'src/config', 'src/platform'],
  'src/features': ['src/lib', 'src/platform', 'src/transport'],
  src: ['src/lib', 'src/config', 'src/platform', 'src/transport', 'src/features'],
  cli: ['src', 'src/lib', 'src/config', 'src/platform'],
  bench: ['src/lib', 'src/platform', 'src/features', 'cli', 'src', 'src/config', 'src/transport'],
}

// Inside a feature, only these may know of a transport.
const EDGES =
  /\/(routes|rpc|remote|messages|index|(rpc|remote)-[a-z-]+|[a-z-]+-(routes|rpc|documentation)|documentation)\.ts$/

// The core of what Zerg does, which settings never reach: it is handed values.
const CORE = /\/(model|policy|service|repository)\.ts$/

test('every import goes inward', () => {
  const offences = importsOf().filter(
    ({ here, there }) => here !== there && !(MAY_IMPORT[here] ?? []).includes(there),
  )
  expect(offences.map(written)).toEqual([])
})

test('inside a feature only the edges know a transport', () => {
  const offences = importsOf().filter(
    ({ here, there, from }) =>
      here === 'src/features' && there === 'src/transport' && !EDGES.test(from),
  )
  expect(offences.map(written)).toEqual([])
})

test('a feature is entered only by its index, and never by another feature', () => {
  const offences = importsOf().filter(({ from, to }) => {
    const [here, there] = [featureOf(from), featureOf(to)]
    if (there === undefined || here === there || from.startsWith('bench/')) return false
    return here !== undefined || !to.endsWith('/index.ts')
  })
  expect(offences.map(written)).toEqual([])
})

test('a feature never sees the settings', () => {
  const offences = importsOf().filter(
    ({ here, there }) => here === 'src/features' && there === 'src/config',
  )
  expect(offences.map(written)).toEqual([])
})

test('every feature has a core that this test can recognise', () => {
  const cores = new Set(
    importsOf()
      .map(({ from }) => from)
      .filter(from => CORE.test(from)),
  )
  expect([...cores].filter(from => from.startsWith('src/features/')).length).toBeGreaterThan(3)
})

const written = ({ from, to }: Import) => `${from} -> ${to}`
const featureOf = (file: string) => /^src\/features\/([^/]+)\//.exec(file)?.[1]
