// Columns and wrapped texts.

import { expect, test } from 'bun:test'
import { definitions, wrap } from '../../../cli/output/definitions.ts'
import { table } from '../../../cli/output/table.ts'

test('columns are as wide as their widest cell, and lines have no trailing space', () => {
  expect(
    table([
      ['a', '1'],
      ['long', ''],
      ['é€', '3'],
    ]),
  ).toBe('a     1\nlong\né€    3')
})

test('texts are wrapped under themselves', () => {
  const text = definitions(
    [
      ['--a', 'one two three'],
      ['--bb', 'four'],
    ],
    { width: 16 },
  )
  expect(text).toBe('  --a   one two\n        three\n  --bb  four')
})

test('a name too long for its column stands alone', () => {
  const name = `--${'x'.repeat(40)}`
  expect(
    definitions([
      [name, 'text'],
      ['--a', 'b'],
    ]),
  ).toBe(`  ${name}\n        text\n  --a   b`)
})

test('a word that is longer than a line stays whole', () => {
  expect(wrap('a postgres://user:password@host/name b', 10)).toEqual([
    'a',
    'postgres://user:password@host/name',
    'b',
  ])
})
