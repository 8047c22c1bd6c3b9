// JSON as text (RFC 8259): where it stops being valid, which JSON.parse does not say the same way on
// every engine; names given twice, of which JSON.parse silently keeps the last; and a bound on depth.

const DEPTH_MAX = 64

type Scan = { text: string; at: number; problem: string | undefined }

/** Undefined where the text is one JSON value; else a sentence that says what is wrong, and where. */
export function explainJson(text: string): string | undefined {
  const scan: Scan = { text, at: 0, problem: undefined }
  if (value(scan, 0) && rest(scan)) return undefined
  return `${scan.problem ?? 'The JSON is not valid'} (${place(text, scan.at)}).`
}

function rest(scan: Scan): boolean {
  blanks(scan)
  return scan.at === scan.text.length || stop(scan, 'There is more after the JSON value')
}

function value(scan: Scan, depth: number): boolean {
  blanks(scan)
  switch (scan.text[scan.at]) {
    case '{':
      return object(scan, depth)
    case '[':
      return array(scan, depth)
    case '"':
      return string(scan)
    case 't':
      return word(scan, 'true')
    case 'f':
      return word(scan, 'false')
    case 'n':
      return word(scan, 'null')
    default:
      return number(scan)
  }
}

function object(scan: Scan, depth: number): boolean {
  if (depth === DEPTH_MAX) return tooDeep(scan)
  scan.at++
  blanks(scan)
  if (taken(scan, '}')) return true
  const names = new Set<string>()
  for (;;) {
    blanks(scan)
    const start = scan.at
    if (scan.text[start] !== '"') return stop(scan, 'A name in double quotes is expected')
    if (!string(scan)) return false
    const name = decoded(scan.text.slice(start, scan.at))
    if (names.has(name)) return stop(scan, `The name ${shown(name)} is given twice`, start)
    names.add(name)
    blanks(scan)
    if (!taken(scan, ':')) return stop(scan, 'A colon is expected')
    if (!value(scan, depth + 1)) return false
    blanks(scan)
    if (taken(scan, '}')) return true
    if (!taken(scan, ',')) return stop(scan, 'A comma or a closing brace is expected')
  }
}

function array(scan: Scan, depth: number): boolean {
  if (depth === DEPTH_MAX) return tooDeep(scan)
  scan.at++
  blanks(scan)
  if (taken(scan, ']')) return true
  for (;;) {
    if (!value(scan, depth + 1)) return false
    blanks(scan)
    if (taken(scan, ']')) return true
    if (!taken(scan, ',')) return stop(scan, 'A comma or a closing bracket is expected')
  }
}

function string(scan: Scan): boolean {
  const { text } = scan
  for (let at = scan.at + 1; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) {
      scan.at = at + 1
      return true
    }
    if (unit < SPACE) return stop(scan, 'A control character in a text has to be escaped', at)
    if (unit !== BACKSLASH) continue
    const length = escapeLength(text, at)
    if (length === 0) return stop(scan, 'A backslash here is no escape', at)
    at += length - 1
  }
  return stop(scan, 'A text is not closed', text.length)
}

const QUOTE = 0x22
const SPACE = 0x20
const BACKSLASH = 0x5c
const UNICODE_ESCAPE = /\\u[0-9a-f]{4}/iy

function escapeLength(text: string, at: number): number {
  if (text[at + 1] !== 'u') return '"\\/bfnrt'.includes(text[at + 1] ?? ' ') ? 2 : 0
  UNICODE_ESCAPE.lastIndex = at
  return UNICODE_ESCAPE.test(text) ? 6 : 0
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

function number(scan: Scan): boolean {
  NUMBER.lastIndex = scan.at
  if (!NUMBER.test(scan.text))
    return stop(
      scan,
      scan.at < scan.text.length ? 'A value is expected' : 'The JSON ends too early',
    )
  scan.at = NUMBER.lastIndex
  return true
}

function word(scan: Scan, expected: string): boolean {
  if (!scan.text.startsWith(expected, scan.at)) return stop(scan, 'A value is expected')
  scan.at += expected.length
  return true
}

function blanks(scan: Scan): void {
  for (;;) {
    const unit = scan.text.charCodeAt(scan.at)
    if (unit !== SPACE && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return
    scan.at++
  }
}

function taken(scan: Scan, character: string): boolean {
  if (scan.text[scan.at] !== character) return false
  scan.at++
  return true
}

function stop(scan: Scan, problem: string, at = scan.at): false {
  scan.problem = problem
  scan.at = at
  return false
}

const tooDeep = (scan: Scan): false =>
  stop(scan, `The JSON is nested deeper than ${DEPTH_MAX} levels`)

// `"\u0061"` and `"a"` are the same name.
const decoded = (quoted: string): string =>
  quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)

const shown = (name: string): string => JSON.stringify(name.length > 64 ? name.slice(0, 64) : name)

function place(text: string, at: number): string {
  const before = text.slice(0, at).split('\n')
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`
}
