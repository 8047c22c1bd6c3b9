// Which passwords are refused: those that are guessed first. There are no rules about kinds of
// characters, which make passwords alike and hard to remember (NIST SP 800-63B, 3.1.1.2).

import { AppError } from '#lib/errors.ts'

type Of = {
  /** Where the password stood, for the answer. */
  pointer: string
  /** Names and addresses of the person. */
  about: readonly string[]
}

/** @throws AppError `validation_failed`. */
export async function requireStrong(password: string, { pointer, about }: Of): Promise<void> {
  const complaint = complaintAbout(password, about, await commonPasswords())
  if (complaint === undefined) return
  throw new AppError('validation_failed', `\`${pointer.slice(1)}\` ${complaint}.`, {
    errors: [{ pointer, detail: complaint }],
  })
}

/** Completes "`password` …"; undefined where it is fine. */
export function complaintAbout(
  password: string,
  about: readonly string[],
  common: ReadonlySet<string>,
): string | undefined {
  const forms = formsOf(password)
  if (forms.some(form => common.has(form) || common.has(unitOf(form))))
    return 'is one of those that are guessed first, or only a little more'
  if (forms.some(isSequence)) return 'is a sequence of characters, which is guessed first'
  const words = about.flatMap(wordsOf)
  if (forms.some(form => without(form, words).length < REMAINDER_MIN))
    return 'is made from the name or the address'
  return undefined
}

// What is left of a password without what everybody knows about the person.
const REMAINDER_MIN = 6

// Read once, when the first password is chosen: most processes never see one.
let loaded: Promise<ReadonlySet<string>> | undefined

/** Some 50,000, lower case. */
export function commonPasswords(): Promise<ReadonlySet<string>> {
  loaded ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(Object.values(dictionary).flat().map(lower)),
  )
  return loaded
}

// As it is, with digits read as the letters that they stand in for, and each without what people
// put before and after a word to make it long enough: `P4ssw0rd!2026` is `password`.
function formsOf(password: string): string[] {
  const plain = lower(password)
  const read = plain.replaceAll(/[@$!|0134578+]/g, sign => LOOKALIKES[sign] ?? sign)
  const stripped = [plain, trimmed(plain)].map(text =>
    text.replaceAll(/[@$!|0134578+]/g, sign => LOOKALIKES[sign] ?? sign),
  )
  return [...new Set([plain, read, trimmed(plain), ...stripped])].filter(form => form !== '')
}

const LOOKALIKES: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '8': 'b',
  '3': 'e',
  '1': 'i',
  '!': 'i',
  '|': 'l',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
  '+': 't',
}

const lower = (text: string) => text.normalize('NFKC').toLowerCase()

const trimmed = (text: string) => text.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, '')

/** What a text repeats, such as `abc` in `abcabc`; the text itself where it repeats nothing. */
function unitOf(text: string): string {
  const at = `${text}${text}`.indexOf(text, 1)
  return text.slice(0, at)
}

// `aaaaaaaaaaaa`, `123456789012`, `abcdefghijkl`: nearly every step is none, one up or one down.
function isSequence(text: string): boolean {
  const characters = [...text]
  if (characters.length < 8) return false
  const steps = characters.slice(1).map((character, index) => {
    const before = characters[index] ?? ''
    return Math.abs((character.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0))
  })
  const plain = steps.filter(step => step <= 1 || step === '9'.charCodeAt(0) - '0'.charCodeAt(0))
  return plain.length >= steps.length * 0.8
}

const wordsOf = (text: string): string[] =>
  lower(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word.length >= 4)

function without(form: string, words: readonly string[]): string {
  let rest = form
  for (const word of words) rest = rest.replaceAll(word, '')
  return rest === form ? form.padEnd(REMAINDER_MIN) : rest.replaceAll(/[^\p{L}\p{N}]/gu, '')
}
