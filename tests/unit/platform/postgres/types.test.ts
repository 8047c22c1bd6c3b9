import { describe, expect, test } from 'bun:test'
import { toRfc3339, types } from '#platform/postgres/types.ts'

describe('a time from PostgreSQL', () => {
  test.each([
    ['2026-01-02 03:04:05+00', '2026-01-02T03:04:05.000Z'],
    ['2026-01-02 03:04:05.6+00', '2026-01-02T03:04:05.600Z'],
    ['2026-01-02 03:04:05.67+00', '2026-01-02T03:04:05.670Z'],
    ['2026-01-02 03:04:05.678+00', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02 03:04:05.678901+00', '2026-01-02T03:04:05.678Z'],
    ['2026-01-02 08:34:05.678+05:30', '2026-01-02T03:04:05.678Z'],
    ['2026-01-01 22:04:05-05', '2026-01-02T03:04:05.000Z'],
    ['infinity', 'infinity'],
    ['-infinity', '-infinity'],
  ])('%s is %s', (text, expected) => {
    expect(toRfc3339(text)).toBe(expected)
  })
})

describe('an array', () => {
  test.each([
    [['a', 'b']],
    [['', 'with "quotes"', 'back\\slash', 'comma, brace}', 'NULL', ' space ']],
    [['line\nbreak', 'ünï', null]],
    [[]],
  ])('of texts survives the way there and back: %j', values => {
    const texts = types['texts']!
    expect(texts.parse(texts.serialize(values))).toEqual(values)
  })
})
