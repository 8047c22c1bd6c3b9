import { expect, test } from 'bun:test'
import { packArchive, unpackArchive } from '#platform/embedded/archive.ts'

test('an archive gives back every file and directory, empty ones too, in order', () => {
  const files = [
    { path: 'base' },
    { path: 'base/1', content: new Uint8Array([1, 2, 3]) },
    { path: 'base/empty', content: new Uint8Array() },
    { path: 'nothing-in-here' },
    { path: 'zeros', content: new Uint8Array(100_000) },
  ]
  const packed = packArchive(files)
  expect(packed.length).toBeLessThan(1_000)
  const unpacked = unpackArchive(packed)
  expect(unpacked.map(({ path }) => path)).toEqual(files.map(({ path }) => path))
  for (const [at, { content }] of files.entries())
    expect(unpacked[at]!.content && [...unpacked[at]!.content]).toEqual(content && [...content])
})
