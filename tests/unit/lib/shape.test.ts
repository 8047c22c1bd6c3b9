import { describe, expect, test } from 'bun:test'
import { Type } from '@sinclair/typebox'
import { AppError, type Problem } from '#lib/errors.ts'
import { fields, flag, id, nullable, text, time, whole, word } from '#lib/fields.ts'
import { parseQuery, parseShape } from '#lib/shape.ts'

const Shape = fields({
  name: text({ min: 1, max: 5 }),
  note: Type.Optional(nullable(text({ max: 3 }))),
  color: Type.Optional(nullable(word(['red', 'green']))),
  count: Type.Optional(whole({ min: 1, max: 9 })),
  at: Type.Optional(time()),
  owner: Type.Optional(id()),
  isOpen: Type.Optional(flag()),
})

describe('a body', () => {
  test('that fits is returned as it is', () => {
    const value = { name: 'x', note: null, color: 'red', count: 9, isOpen: false } as const
    expect(parseShape(Shape, value)).toBe(value)
  })

  test('has all of its problems told at once, each at its place', () => {
    const value = {
      note: 'long',
      color: 'blue',
      count: 1.5,
      at: '2026-01-01',
      owner: 'me',
      'a/b~': 1,
    }
    expect(problems(() => parseShape(Shape, value))).toEqual([
      { pointer: '/name', detail: 'is required' },
      { pointer: '/a~1b~0', detail: 'is not a known field' },
      { pointer: '/note', detail: 'must have 0 to 3 characters, not 4' },
      { pointer: '/color', detail: 'must be one of red, green, or null' },
      { pointer: '/count', detail: 'must be a whole number from 1 to 9' },
      {
        pointer: '/at',
        detail: 'must be an RFC 3339 date-time such as 2026-01-02T03:04:05Z',
      },
      { pointer: '/owner', detail: 'must be a UUID in its hyphenated form' },
    ])
  })

  test('with one problem says it in a sentence', () => {
    const error = failure(() => parseShape(Shape, { name: '' }))
    expect(error.message).toBe('`name` must have 1 to 5 characters, not 0.')
    expect(error.code).toBe('validation_failed')
  })

  test.each([
    ['an array', []],
    ['a text', 'x'],
    ['null', null],
    ['a number', 1],
  ])('that is %s is told to be an object', (_, value) => {
    expect(problems(() => parseShape(Shape, value))).toEqual([
      { pointer: '', detail: 'must be an object' },
    ])
  })

  test.each([
    ['five emoji of two units each', '😀😀😀😀😀', undefined],
    ['six of them', '😀😀😀😀😀😀', 'must have 1 to 5 characters, not 6'],
    ['one of them', '😀', undefined],
    ['one that is a family of seven', '👩‍👩‍👧‍👦', 'must have 1 to 5 characters, not 7'],
    ['NUL', 'a\0', 'must not contain the character NUL (U+0000)'],
    ['a high surrogate alone', 'a\ud83d', 'must not contain half of a surrogate pair'],
    ['a low surrogate alone', '\ude00a', 'must not contain half of a surrogate pair'],
    ['surrogates the wrong way round', '\ude00\ud83d', 'must not contain half of a surrogate pair'],
    ['a number', 5, 'must be a text'],
    ['null', null, 'must be a text'],
  ])('counts characters, and takes what can be stored: %s', (_, name, detail) => {
    const found = problems(() => parseShape(Shape, { name }))
    expect(found).toEqual(detail === undefined ? [] : [{ pointer: '/name', detail }])
  })

  test('names of every object’s own are unknown fields like others', () => {
    const value: unknown = JSON.parse(
      '{"name":"x","__proto__":{"isOpen":true},"constructor":1,"toString":2,"hasOwnProperty":3}',
    )
    expect(problems(() => parseShape(Shape, value)).map(({ pointer }) => pointer)).toEqual([
      '/__proto__',
      '/constructor',
      '/toString',
      '/hasOwnProperty',
    ])
    expect(Reflect.get({}, 'isOpen')).toBeUndefined()
  })

  test('a field that is nearly known is suggested', () => {
    expect(problems(() => parseShape(Shape, { name: 'x', colour: 'red' }))).toEqual([
      { pointer: '/colour', detail: 'is not a known field; did you mean color?' },
    ])
  })

  test('sent back as it was read is told what is not for clients to set', () => {
    const Resource = fields({ id: id(), name: text({ max: 5 }) })
    const Change = fields({ name: text({ max: 5 }) }, {}, Resource)
    expect(problems(() => parseShape(Change, { id: 'x', name: 'x', nam: 'x' }))).toEqual([
      { pointer: '/id', detail: 'is not for clients to set; leave it out' },
      { pointer: '/nam', detail: 'is not a known field; did you mean name?' },
    ])
  })

  test('of a thousand unknown fields, long names and deep values gets an answer of some size', () => {
    let deep: unknown = 1
    for (let level = 0; level < 10_000; level++) deep = [deep]
    const value = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, n) => [`${n}${'x'.repeat(1_000)}`, deep]),
    )
    const found = problems(() => parseShape(Shape, { name: deep, ...value }))
    expect(found).toHaveLength(100)
    expect(JSON.stringify(found).length).toBeLessThan(50_000)
  })
})

describe('a query', () => {
  const query = (text: string) => parseQuery(Shape, `http://zerg.test/x?${text}`)

  test('becomes values of their kinds', () => {
    expect(query('count=5&isOpen=true&name=a%20b&color=red')).toEqual({
      count: 5,
      isOpen: true,
      name: 'a b',
      color: 'red',
    })
  })

  test('may be absent', () => {
    const value: object = parseQuery(Shape, 'http://zerg.test/x')
    expect(value).toEqual({})
  })

  test('has all of its problems told at once, by name', () => {
    const error = failure(() => query('count=0&isOpen=1&colour=red&at=now&note=&__proto__=1'))
    expect(error.code).toBe('invalid_query')
    expect(error.errors.map(({ parameter }) => parameter)).toEqual([
      'count',
      'isOpen',
      'colour',
      'at',
      '__proto__',
    ])
  })

  test.each([
    ['twice', 'count=1&count=1', 'must be given only once'],
    ['as a fraction', 'count=1.0', 'must be a whole number from 1 to 9'],
    ['in another notation', 'count=0x5', 'must be a whole number from 1 to 9'],
    ['as nothing', 'count=', 'must be a whole number from 1 to 9'],
    ['with spaces', 'count=%205', 'must be a whole number from 1 to 9'],
    ['beyond every number', `count=${'9'.repeat(400)}`, 'must be a whole number from 1 to 9'],
  ])('does not take a number given %s', (_, text, detail) => {
    expect(problems(() => query(text))).toEqual([{ parameter: 'count', detail }])
  })
})

function failure(attempt: () => unknown): AppError {
  try {
    attempt()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('Expected a refusal.')
}

function problems(attempt: () => unknown): readonly Problem[] {
  try {
    attempt()
  } catch (error) {
    if (error instanceof AppError) return error.errors
    throw error
  }
  return []
}
