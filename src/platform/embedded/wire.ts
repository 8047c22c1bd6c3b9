// As much of PostgreSQL's wire protocol as is needed to stand between a client and PGlite:
// where messages end, what the first one asks for, and two messages of our own making.
// https://www.postgresql.org/docs/current/protocol-message-formats.html

const SSL_REQUEST = 80_877_103
const CANCEL_REQUEST = 80_877_102
const GSS_REQUEST = 80_877_104

export type Opening =
  | { kind: 'incomplete' }
  | { kind: 'encryption'; length: number }
  | { kind: 'cancel'; length: number }
  | { kind: 'startup'; length: number; parameters: [name: string, value: string][] }

/** What the untyped first message of a connection asks for. */
export function readOpening(bytes: Buffer): Opening {
  if (bytes.length < 8) return { kind: 'incomplete' }
  const length = bytes.readUInt32BE(0)
  if (bytes.length < length) return { kind: 'incomplete' }
  const code = bytes.readUInt32BE(4)
  if (code === SSL_REQUEST || code === GSS_REQUEST) return { kind: 'encryption', length }
  if (code === CANCEL_REQUEST) return { kind: 'cancel', length }
  return { kind: 'startup', length, parameters: readParameters(bytes.subarray(8, length)) }
}

/** How many of the bytes are whole messages, and whether a Terminate ends them (not counted). */
export function readMessages(bytes: Buffer): { whole: number; terminated: boolean } {
  let whole = 0
  while (bytes.length - whole >= 5) {
    const length = 1 + bytes.readUInt32BE(whole + 1)
    if (bytes[whole] === TERMINATE) return { whole, terminated: true }
    if (whole + length > bytes.length) break
    whole += length
  }
  return { whole, terminated: false }
}

/** Whether PostgreSQL is ready for another statement, and in no transaction. */
export const endsIdle = (answer: Buffer): boolean => answer.subarray(-6).equals(READY_AND_IDLE)

// Sync, and ReadyForQuery with status I. No other message can end like the latter.
export const SYNC = Buffer.from([0x53, 0, 0, 0, 4])
const READY_AND_IDLE = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/** A simple query. */
export function queryMessage(sql: string): Buffer {
  const text = Buffer.from(`${sql}\0`)
  const message = Buffer.allocUnsafe(5 + text.length)
  message[0] = QUERY
  message.writeUInt32BE(4 + text.length, 1)
  text.copy(message, 5)
  return message
}

/** The first ErrorResponse in what PostgreSQL answered, as its own message. */
export const findError = (answer: Buffer): Buffer | undefined => findMessage(answer, ERROR_RESPONSE)

/** The first column of the first row, as text; undefined where there is no row. */
export function firstValue(answer: Buffer): string | undefined {
  const row = findMessage(answer, DATA_ROW)
  return row && row.toString('utf8', 11, 11 + row.readInt32BE(7))
}

function findMessage(answer: Buffer, type: number): Buffer | undefined {
  for (let at = 0; at + 5 <= answer.length;) {
    const length = 1 + answer.readUInt32BE(at + 1)
    if (answer[at] === type) return answer.subarray(at, at + length)
    at += length
  }
  return undefined
}

/** The human part (field M) of an ErrorResponse. */
export function errorText(message: Buffer): string {
  for (const field of message.subarray(5).toString().split('\0'))
    if (field.startsWith('M')) return field.slice(1)
  return 'unknown error'
}

const TERMINATE = 'X'.charCodeAt(0)
const QUERY = 'Q'.charCodeAt(0)
const ERROR_RESPONSE = 'E'.charCodeAt(0)
const DATA_ROW = 'D'.charCodeAt(0)

function readParameters(bytes: Buffer): [string, string][] {
  const words = bytes.toString().split('\0')
  const parameters: [string, string][] = []
  for (let at = 0; words[at]; at += 2) parameters.push([words[at]!, words[at + 1] ?? ''])
  return parameters
}
