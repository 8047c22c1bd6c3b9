import { describe, expect, test } from 'bun:test'
import { Type } from '@sinclair/typebox'
import { line } from '#lib/fields.ts'
import { parseShape } from '#lib/shape.ts'
import { AppError } from '#lib/errors.ts'

const Named = Type.Object({ name: line({ min: 1, max: 20 }) }, { additionalProperties: false })

describe('a name', () => {
  test.each([
    ['Latin', 'Ärger'],
    ['Hebrew', 'שלום'],
    ['Arabic and Latin', 'مرحبا Zerg'],
    ['a mark of direction', 'C++\u200e שלום'],
    ['Persian with a joiner', 'می\u200cخواهم'],
    ['a family of emoji', '👩\u200d👩\u200d👧'],
    ['a flag made of tags', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}'],
    ['a combining accent', 'e\u0301'],
  ])('may be %s', (_, name) => {
    expect(parseShape(Named, { name })).toEqual({ name })
  })

  test.each([
    ['an override', 'invoice\u202efdp.exe', /turn the direction/],
    ['an embedding', '\u202aabc\u202c', /turn the direction/],
    ['an isolate', '\u2066abc\u2069', /turn the direction/],
    ['a zero-width space', 'ad\u200bmin', /cannot be seen/],
    ['a word joiner', 'ad\u2060min', /cannot be seen/],
    ['a byte order mark', '\ufeffadmin', /cannot be seen/],
    ['an invisible plus', 'a\u2064b', /cannot be seen/],
    ['joiners alone', '\u200d\u200c', /something that can be seen/],
    ['marks and spaces alone', '\u200e \u00a0', /something that can be seen/],
  ])('is refused with %s', (_, name, detail) => {
    const problem = thrownBy(() => parseShape(Named, { name }))
    expect(problem.errors).toEqual([{ pointer: '/name', detail: expect.stringMatching(detail) }])
  })
})

function thrownBy(act: () => unknown): AppError {
  try {
    act()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('Nothing was thrown.')
}
