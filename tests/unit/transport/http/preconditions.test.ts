import { describe, expect, test } from 'bun:test'
import { expectedVersions, isKnownTag } from '#transport/http/preconditions.ts'

const expected = (headers: Record<string, string>) =>
  expectedVersions(new Request('http://zerg.test/a', { method: 'PATCH', headers }))

describe('If-Match', () => {
  test.each([
    ['"3"', [3]],
    ['"3", "4"', [3, 4]],
    [' , "3" ,, "4" ,', [3, 4]],
    // Weak tags never match strongly, and neither do tags that are not ours.
    ['W/"3"', []],
    ['W/"3", "5"', [5]],
    ['"abc"', []],
    ['""', []],
    ['"1,2", "6"', [6]],
  ])('%s allows the versions %j', (header, versions) => {
    expect(expected({ 'if-match': header })).toEqual(versions)
  })

  test('is absent or any: every version', () => {
    expect(expected({})).toBeUndefined()
    expect(expected({ 'if-match': '*' })).toBeUndefined()
  })

  test.each(['3', '"3', '"3" "4"', 'w/"3"', ',', '*, "3"', '"3", oops'])(
    '%s is refused as a header',
    header => {
      expect(() => expected({ 'if-match': header })).toThrow('If-Match')
    },
  )

  test('none but `*` in If-None-Match makes sense on a change', () => {
    expect(expected({ 'if-none-match': '*' })).toEqual([])
    expect(() => expected({ 'if-none-match': '"3"' })).toThrow('If-None-Match')
  })
})

describe('If-None-Match on a read', () => {
  test.each([
    ['"3"', true],
    ['W/"3"', true],
    ['"1", W/"3"', true],
    ['*', true],
    ['"4"', false],
    ['3', false],
    ['"3', false],
  ])('%s knows "3": %p', (header, known) => {
    expect(isKnownTag(header, '"3"')).toBe(known)
  })
})
