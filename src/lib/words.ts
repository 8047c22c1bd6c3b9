// The words of a text, as the search compares them: the same whatever the case and the form in
// which Unicode wrote them down.

// A word longer than this is found by its beginning; it keeps every row of the index small.
const CHARACTERS_MAX = 64

// An emoji is a word of its own, whatever it is glued to.
const WORD = /[\p{L}\p{N}][\p{L}\p{M}\p{N}]*|\p{Extended_Pictographic}/gu

/** Each word once, in the order of their code points (which is how `collate "C"` sorts them). */
export function wordsOf(text: string): string[] {
  const words = new Set<string>()
  for (const [word] of fold(text).matchAll(WORD)) words.add(clip(word))
  return [...words].sort(byCodePoint)
}

/** Every word that begins with `prefix` is at least the prefix and less than this. */
export const afterPrefix = (prefix: string): string => `${prefix}\u{10FFFF}`

// Greek writes its s differently at the end of a word, which a prefix does not know about.
const fold = (text: string) =>
  text.normalize('NFKC').toLowerCase().normalize('NFKC').replaceAll('ς', 'σ')

const clip = (word: string) =>
  word.length <= CHARACTERS_MAX ? word : [...word].slice(0, CHARACTERS_MAX).join('')

// JavaScript compares UTF-16 units, by which characters beyond U+FFFF come before some below it.
const byCodePoint = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))
