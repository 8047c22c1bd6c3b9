import { describe, expect, test } from 'bun:test'
import { explainJson } from '#lib/json-text.ts'

describe('JSON text', () => {
  test.each([
    '{}',
    '[]',
    '0',
    '-0.5e+10',
    '"\\u00e4\\n\\""',
    ' \n\t{"a":[1,{"b":null}],"c":true,"d":false} \r\n',
    '{"a":{"a":1},"b":{"a":1}}',
    '"\ud83d\ude00"',
    '"\\ud800"',
  ])('passes %s, as JSON.parse does', text => {
    expect(explainJson(text)).toBeUndefined()
    expect(() => JSON.parse(text)).not.toThrow()
  })

  test.each([
    ['', 'The JSON ends too early (line 1, column 1).'],
    ['{', 'A name in double quotes is expected (line 1, column 2).'],
    ['{"a":1,}', 'A name in double quotes is expected (line 1, column 8).'],
    ['{"a" 1}', 'A colon is expected (line 1, column 6).'],
    ['{"a":1 "b":2}', 'A comma or a closing brace is expected (line 1, column 8).'],
    ['{\n  "a": tru\n}', 'A value is expected (line 2, column 8).'],
    ['[1,]', 'A value is expected (line 1, column 4).'],
    ['[1 2]', 'A comma or a closing bracket is expected (line 1, column 4).'],
    ['{} {}', 'There is more after the JSON value (line 1, column 4).'],
    ['01', 'There is more after the JSON value (line 1, column 2).'],
    ['"a', 'A text is not closed (line 1, column 3).'],
    ['"\n"', 'A control character in a text has to be escaped (line 1, column 2).'],
    ['"\\x"', 'A backslash here is no escape (line 1, column 2).'],
    ['"\\u12g4"', 'A backslash here is no escape (line 1, column 2).'],
    ["{'a':1}", 'A name in double quotes is expected (line 1, column 2).'],
    ['NaN', 'A value is expected (line 1, column 1).'],
  ])('says of %j where it stops', (text, problem) => {
    expect(explainJson(text)).toBe(problem)
    expect(() => JSON.parse(text)).toThrow()
  })

  // JSON.parse keeps the last one silently, so that two readers may see two different things.
  test.each(['{"a":1,"a":2}', String.raw`{"a":1,"\u0061":2}`, '{"a":1,"b":{},"a":1}'])(
    'refuses a name given twice in %s',
    text => {
      expect(explainJson(text)).toContain('The name "a" is given twice')
    },
  )

  test('refuses what is nested so deep that it could only be an attack', () => {
    expect(explainJson('['.repeat(64) + ']'.repeat(64))).toBeUndefined()
    expect(explainJson('['.repeat(100_000))).toContain('nested deeper than 64 levels')
    expect(explainJson('{"a":'.repeat(100_000))).toContain('nested deeper than 64 levels')
  })

  test('never disagrees with JSON.parse about what is valid', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      'null',
      ' ',
      '-',
      '"',
      '\\',
      'e',
    ]
    let seed = 7
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from(
        { length: 1 + Math.floor(random() * 8) },
        () => pieces[Math.floor(random() * pieces.length)],
      ).join('')
      const problem = explainJson(text)
      if (problem?.includes('given twice')) continue
      expect([text, problem === undefined]).toEqual([text, parses(text)])
    }
  })
})

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
