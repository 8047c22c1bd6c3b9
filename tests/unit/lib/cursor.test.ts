import { expect, test } from 'bun:test'
import { decodeCursor, encodeCursor } from '#lib/cursor.ts'
import { isAppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'

const id = newId()
const anyKey = () => true

test.each([
  ['a text', { key: 'x', id }],
  ['no value', { key: null, id }],
  ['any character', { key: '😀 "\\ é', id }],
])('a position with %s comes back as it was', (_, position) => {
  expect(decodeCursor(encodeCursor('name', position), 'name', anyKey)).toEqual(position)
})

test('a cursor can stand in a URL as it is', () => {
  expect(encodeCursor('name', { key: '???>>>', id })).toMatch(/^[\w-]+$/)
})

const encoded = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url')

test.each([
  ['another order', encodeCursor('-name', { key: 'x', id })],
  ['another version', encoded([2, 'name', 'x', id])],
  ['more than a position', encoded([1, 'name', 'x', id, 'more'])],
  ['less than a position', encoded([1, 'name', 'x'])],
  ['a key that is no text', encoded([1, 'name', 5, id])],
  ['a key with NUL', encoded([1, 'name', 'a\0', id])],
  ['half of a surrogate pair', encoded([1, 'name', 'a\ud800', id])],
  ['an id that is none', encoded([1, 'name', 'x', '1 or 1=1'])],
  ['an object', encoded({ 0: 1, 1: 'name', 2: 'x', 3: id })],
  ['no JSON', Buffer.from('[1,').toString('base64url')],
  ['characters that are not base64', `${encodeCursor('name', { key: 'x', id })}!`],
  ['the other alphabet of base64', Buffer.from('[1,"name","???>>>","x"]').toString('base64')],
  ['nothing', ''],
  ['very deep JSON', Buffer.from('['.repeat(500)).toString('base64url')],
])('a cursor with %s is refused', (_, cursor) => {
  let thrown: unknown
  try {
    decodeCursor(cursor, 'name', anyKey)
  } catch (error) {
    thrown = error
  }
  expect(isAppError(thrown, 'invalid_cursor')).toBe(true)
})

test('a key that the order cannot have is refused', () => {
  const cursor = encodeCursor('-created_at', { key: 'yesterday', id })
  expect(() => decodeCursor(cursor, '-created_at', key => key === 'today')).toThrow()
})
