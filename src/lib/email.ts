// E-mail addresses, by which people sign in. One person types theirs in several ways: what is kept
// and compared is the folded form.

// RFC 5321, section 4.5.3.1, as far as a whole address goes (RFC 3696, erratum 1690).
export const EMAIL_CHARACTERS_MAX = 254
const LOCAL_CHARACTERS_MAX = 64

// No quoted local parts, comments or address literals, which no person has; nothing that cannot be
// seen (\p{C} has what turns the direction of text round, and what takes no width).
const FORM = /^[^\s@\p{C}"(),:;<>[\\\]]+@[^\s@\p{C}"(),:;<>[\\\]._-][^\s@\p{C}"(),:;<>[\\\]_]*$/u

export const foldEmail = (text: string): string => text.normalize('NFC').toLowerCase()

/** Whether the text, folded, could be somebody's address. */
export function isEmail(text: string): boolean {
  const folded = foldEmail(text)
  const at = folded.lastIndexOf('@')
  return (
    folded.length <= EMAIL_CHARACTERS_MAX &&
    at <= LOCAL_CHARACTERS_MAX &&
    FORM.test(folded) &&
    !/\.\.|\.$/.test(folded.slice(at))
  )
}
