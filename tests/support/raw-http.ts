// A connection that shows every byte: what a client library would mend or hide is what tests ask for.

import { within } from './eventually.ts'

export type RawAnswer = { status: number; headers: Map<string, string>; body: string }

export type RawConnection = {
  send(bytes: string): void
  /** The next whole answer; to a HEAD, pass true. Rejects when the connection ends before. */
  answer(isHead?: boolean): Promise<RawAnswer>
  /** Everything that has come so far and was not taken as an answer. */
  rest(): string
  /** Resolves when the other side has closed. */
  closed: Promise<void>
  close(): void
}

export async function connectRaw(port: number): Promise<RawConnection> {
  let text = ''
  let isClosed = false
  const closed = Promise.withResolvers<void>()
  let wake = Promise.withResolvers<void>()
  const stir = () => {
    wake.resolve()
    wake = Promise.withResolvers()
  }
  const end = () => {
    isClosed = true
    closed.resolve()
    stir()
  }
  let unsent: Buffer = Buffer.alloc(0)
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data: (_, bytes) => {
        text += bytes.toString('latin1')
        stir()
      },
      drain: flush,
      end,
      close: end,
      error: end,
    },
  })
  return {
    send(bytes) {
      unsent = Buffer.concat([unsent, Buffer.from(bytes)])
      flush()
    },
    rest: () => text,
    closed: closed.promise,
    close: () => void socket.end(),
    answer: (isHead = false) => within(next(isHead), 10_000),
  }

  // A socket takes no more than its buffer holds.
  function flush() {
    if (unsent.length > 0) unsent = unsent.subarray(Math.max(0, socket.write(unsent)))
  }

  async function next(isHead: boolean): Promise<RawAnswer> {
    for (;;) {
      const found = parse(text, isHead)
      if (found) {
        text = text.slice(found.length)
        return found.answer
      }
      if (isClosed) throw new Error(`Closed before a whole answer; got ${JSON.stringify(text)}.`)
      await wake.promise
    }
  }
}

/** One request on a connection of its own. */
export async function askRaw(port: number, bytes: string): Promise<RawAnswer> {
  const connection = await connectRaw(port)
  try {
    connection.send(bytes)
    return await connection.answer(bytes.startsWith('HEAD '))
  } finally {
    connection.close()
  }
}

/** The head of a request, ended. */
export const head = (line: string, ...headers: string[]): string =>
  headTo('zerg.test', line, ...headers)

/** The same to a host by its name. */
export const headTo = (host: string, line: string, ...headers: string[]): string =>
  [`${line} HTTP/1.1`, `Host: ${host}`, ...headers, '', ''].join('\r\n')

function parse(text: string, isHead: boolean) {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [line = '', ...fields] = text.slice(0, headEnd).split('\r\n')
  const headers = new Map(fields.map(field => pairOf(field)))
  const status = Number(line.slice(9, 12))
  const start = headEnd + 4
  const hasBody = !isHead && ![100, 204, 304].includes(status)
  const end = hasBody ? endOfBody(text, { headers, start }) : start
  if (end === undefined || text.length < end) return undefined
  return { answer: { status, headers, body: text.slice(start, end) }, length: end }
}

function pairOf(field: string): [string, string] {
  const colon = field.indexOf(':')
  return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
}

type Body = { headers: Map<string, string>; start: number }

function endOfBody(text: string, { headers, start }: Body): number | undefined {
  if (headers.get('transfer-encoding') !== 'chunked')
    return start + Number(headers.get('content-length') ?? 0)
  const last = text.indexOf('0\r\n\r\n', start)
  return last < 0 ? undefined : last + 5
}
