import { expect, test } from 'bun:test'
import { afterPrefix, wordsOf } from '#lib/words.ts'

test.each<[string, string, string[]]>([
  ['each once and in order', 'the cat and the hat', ['and', 'cat', 'hat', 'the']],
  [
    'letters and digits, whatever stands between',
    'v2.0-beta/1 (x_y)',
    ['0', '1', 'beta', 'v2', 'x', 'y'],
  ],
  ['without regard to case', 'ÄÖÜ Straße', ['straße', 'äöü']],
  ['in one form of Unicode', 'ｆｕｌｌ ﬁne cafe\u0301', ['café', 'fine', 'full']],
  ['with one form of the Greek s', 'ΟΔΟΣ οδος', ['οδοσ']],
  ['with marks that belong to letters', 'हिन्दी', ['हिन्दी']],
  ['of right-to-left scripts, directions left out', '\u202Eעברית\u202C', ['עברית']],
  ['emoji by themselves', 'go🚀go ❤️', ['go', '❤', '🚀']],
  ['none in punctuation', ' -- !?.,;', []],
  ['none in nothing', '', []],
])('words are %s', (_, text, words) => expect(wordsOf(text).toSorted()).toEqual(words.toSorted()))

test('words are sorted as PostgreSQL sorts them by code point', () => {
  // U+FF5E is above U+D83D as a UTF-16 unit, and below U+1F600 as a character.
  expect(wordsOf('😀 豈 z a')).toEqual(['a', 'z', '豈', '😀'])
})

test('a word is clipped to 64 characters, never through the middle of one', () => {
  expect(wordsOf('𝔞'.repeat(100).normalize())).toEqual(['a'.repeat(64)])
  expect(wordsOf('𐐨'.repeat(100))).toEqual(['𐐨'.repeat(64)])
})

test('what begins with a prefix lies between it and its end', () => {
  const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
  for (const word of ['re', 'rez', 're😀', 're\u{10FFFD}'])
    expect([compare(word, 're') >= 0, compare(word, afterPrefix('re')) < 0]).toEqual([true, true])
  expect(compare('rf', afterPrefix('re'))).toBeGreaterThan(0)
})
