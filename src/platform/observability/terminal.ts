// Log lines as people read them on a terminal: time, level, what happened, then fields as name=value.
// Lists of objects, as in the report of a shutdown, are left to the JSON form.

type Line = Readonly<Record<string, unknown>>
type Paint = (code: number, text: string) => string

const DIM = 2
const COLORS: Readonly<Record<string, number>> = { warn: 33, error: 31, fatal: 31 }
// Shown elsewhere in the line, or of no interest to somebody who watches it.
const PLACED = new Set(['level', 'time', 'msg', 'event', 'err'])
const PLACED_OF_REQUEST = new Set(
  'method route path status duration_ms caller bytes_in bytes_out'.split(' '),
)

/** Takes a line of JSON, gives one for people; what is no JSON stays as it is. */
export function createTerminalForm(isColourful: boolean): (json: string) => string {
  const paint: Paint = (code, text) => (isColourful ? `\u001B[${code}m${text}\u001B[0m` : text)
  return json => {
    const line = parsed(json)
    return line
      ? `${headOf(line, paint)}${fieldsOf(line, paint)}${visible(stackOf(line['err']))}\n`
      : json
  }
}

function headOf(line: Line, paint: Paint): string {
  const level = String(line['level'])
  const what = isRequest(line)
    ? `${line['method']} ${line['path']} ${line['status']} in ${Number(line['duration_ms']).toFixed(1)} ms`
    : String(line['msg'] ?? '')
  return `${paint(DIM, timeOf(line['time']))} ${paint(COLORS[level] ?? DIM, level.padEnd(5))} ${visible(what)}`
}

function fieldsOf(line: Line, paint: Paint): string {
  const isPlaced = (name: string) =>
    PLACED.has(name) || (isRequest(line) && PLACED_OF_REQUEST.has(name))
  const fields = Object.entries(line)
    .filter(([name, value]) => !isPlaced(name) && !isListOfObjects(value))
    .map(([name, value]) => `${name}=${valueText(value)}`)
  return fields.length === 0 ? '' : `  ${paint(DIM, fields.join(' '))}`
}

const isRequest = ({ msg, method, path }: Line) =>
  msg === 'request' && method !== undefined && path !== undefined

const isListOfObjects = (value: unknown) => Array.isArray(value) && typeof value[0] === 'object'

const valueText = (value: unknown) =>
  typeof value === 'string' && /^[^\s"=\p{Cc}]+$/u.test(value)
    ? value
    : visible(JSON.stringify(value))

// What came from outside must not steer the terminal.
const visible = (text: string) =>
  text.replace(
    /[^\P{Cc}\n]/gu,
    control => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

// The machine's own time: it is compared with a watch.
function timeOf(time: unknown): string {
  const at = new Date(String(time))
  const ms = String(at.getMilliseconds()).padStart(3, '0')
  return `${at.toTimeString().slice(0, 8)}.${ms}`
}

function stackOf(err: unknown): string {
  if (typeof err !== 'object' || err === null) return ''
  const { message, stack, cause } = err as Line
  const own = String(stack ?? message).replaceAll('\n', '\n  ')
  return `\n  ${own}${cause === undefined ? '' : `\n  caused by:${stackOf(cause)}`}`
}

function parsed(json: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? (value as Line) : undefined
  } catch {
    return undefined
  }
}
