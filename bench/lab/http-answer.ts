// Reads HTTP/1.1 answers off a raw socket, byte for byte: a library would hide what a connection did.

export type Answer = { status: number; closes: boolean; body: string }

/** One answer at a time: `push` gives back the whole answer once its last byte has come. */
export function createAnswerReader() {
  let text = ''
  return {
    /** True while nothing of an answer has come. */
    isEmpty: () => text === '',
    push(bytes: Uint8Array): Answer | undefined {
      // One character a byte, so that lengths are those on the wire.
      text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
      const answer = parse(text)
      if (answer) text = ''
      return answer
    },
  }
}

function parse(text: string): Answer | undefined {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = text.slice(0, headEnd)
  const status = Number(head.slice(9, 12))
  const closes = /^connection: *close *$/im.test(head)
  const rest = text.slice(headEnd + 4)
  const body = /^transfer-encoding: *chunked *$/im.test(head) ? unchunk(rest) : exactly(head, rest)
  return body === undefined ? undefined : { status, closes, body }
}

function exactly(head: string, rest: string): string | undefined {
  const length = Number(/^content-length: *(\d+) *$/im.exec(head)?.[1] ?? 0)
  return rest.length >= length ? rest.slice(0, length) : undefined
}

function unchunk(rest: string): string | undefined {
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const length = Number.parseInt(rest.slice(at, lineEnd), 16)
    const next = lineEnd + 2 + length + 2
    if (rest.length < next) return undefined
    if (length === 0) return body
    body += rest.slice(lineEnd + 2, next - 2)
    at = next
  }
}
