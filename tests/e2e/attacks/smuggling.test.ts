// Requests that two readers could take for different ones (RFC 9112, section 11.2): whatever is wrong
// with the framing, the first is refused, and what hides behind it never runs.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test'
import { startZerg, type Zerg } from '../../../bench/lab/zerg.ts'
import { within } from '../../support/eventually.ts'
import { connectRaw } from '../../support/raw-http.ts'

let zerg: Zerg
beforeAll(async () => {
  zerg = await startZerg({ env: { ZERG_EPHEMERAL: 'true', ZERG_DRAIN_MAX: '200ms' } })
}, 30_000)
afterAll(async () => await zerg?.stop())

/** A whole request, which must never be answered: it would make a task. */
const hidden = () => {
  const body = '{"title":"smuggled"}'
  return `POST /api/v1/tasks HTTP/1.1\r\nHost: zerg.test\r\nAuthorization: Bearer ${zerg.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

const post = (headers: string, body: string) =>
  `POST /api/v1/tasks HTTP/1.1\r\nHost: zerg.test\r\nAuthorization: Bearer ${zerg.key}\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`

const get = (headers: string) => `GET /health HTTP/1.1\r\nHost: zerg.test\r\n${headers}\r\n\r\n`

// The length that covers only what a reader of chunks takes for the end.
const END = '0\r\n\r\n'

const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`

afterEach(async () => {
  const answer = await fetch(`${zerg.url}/api/v1/tasks?q=smuggled`, {
    headers: { authorization: `Bearer ${zerg.key}` },
  })
  expect(((await answer.json()) as { data: unknown[] }).data).toEqual([])
})

describe('two lengths', () => {
  test.each<[string, () => string]>([
    ['CL.TE', () => post(`Content-Length: ${END.length}\r\nTransfer-Encoding: chunked`, END)],
    [
      'CL.TE, a request behind the last chunk',
      () => {
        const body = END + hidden()
        return post(`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked`, body)
      },
    ],
    ['TE.CL', () => post('Transfer-Encoding: chunked\r\nContent-Length: 4', chunked(hidden()))],
    [
      'CL.CL',
      () => post(`Content-Length: 2\r\nContent-Length: ${hidden().length}`, `{}${hidden()}`),
    ],
    ['CL.CL in one line', () => post('Content-Length: 2, 40', `{}${hidden()}`)],
    [
      'a length of zero, and a body',
      () => post('Content-Length: 0\r\nContent-Length: 5', hidden()),
    ],
  ])('%s', async (_, bytes) => {
    await expectRefused(bytes())
  })
})

describe('a Transfer-Encoding in disguise', () => {
  test.each([
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding:\x0bchunked',
    'X: y\r\n Transfer-Encoding: chunked',
    'Transfer-Encoding\r\n: chunked',
    ' Transfer-Encoding: chunked',
    'Transfer-Encoding: chunked\x00',
  ])('%j', async header => {
    const body = END + hidden()
    await expectRefused(post(`Content-Length: ${body.length}\r\n${header}`, body), [400, 422])
  })
})

describe('a length that is none', () => {
  test.each(['+2', '-2', '0x2', '2 2', '2.0', '2e0', '', ' ', '99999999999999999999', '٢'])(
    '%j',
    async length => {
      await expectRefused(post(`Content-Length: ${length}`, `{}${hidden()}`))
    },
  )
})

describe('a chunk that is none', () => {
  test.each([
    ['no number', 'z\r\n{}\r\n'],
    ['a negative size', '-2\r\n{}\r\n'],
    ['a sign', '+2\r\n{}\r\n'],
    ['a size in front of 0x', '0x2\r\n{}\r\n'],
    ['a size beyond 64 bits', 'ffffffffffffffff2\r\n{}\r\n'],
    ['more than its size', '2\r\n{}x\r\n'],
  ])('%s', async (_, body) => {
    await expectRefused(post('Transfer-Encoding: chunked', body + END + hidden()))
  })
})

describe('lines that end differently for different readers', () => {
  test.each<[string, () => string]>([
    ['LF alone', () => `GET /health HTTP/1.1\nHost: zerg.test\n\n${hidden()}`],
    ['LF alone within the head', () => get(`X: y\nContent-Length: ${hidden().length}`) + hidden()],
    ['CR alone within a header', () => get('X: y\rContent-Length: 5')],
    ['a header that is folded', () => get('X: y\r\n z')],
    ['a tab that folds', () => get('Content-Length:\r\n\t5')],
    ['a header without a colon', () => get('Content-Length 5')],
    ['NUL in a header', () => get('X: a\x00b')],
    ['NUL in the target', () => `GET /health\x00 HTTP/1.1\r\nHost: zerg.test\r\n\r\n`],
    ['a space in the target', () => 'GET /health /x HTTP/1.1\r\nHost: zerg.test\r\n\r\n'],
    ['a version that there is not', () => 'GET /health HTTP/1.9\r\nHost: zerg.test\r\n\r\n'],
    ['two hosts', () => get('Host: other.test')],
    ['no host', () => 'GET /api/v1/tasks HTTP/1.1\r\nX: y\r\n\r\n'],
    ['the preface of HTTP/2', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s', async (_, bytes) => {
    await expectRefused(bytes(), [400, 505])
  })
})

// What a proxy would have had to forward as the answer to somebody else.
describe('what is legal', () => {
  test.each<[string, () => string, number]>([
    [
      'a header that only looks like Transfer-Encoding',
      () => post('Content-Length: 2\r\nTransfer_Encoding: chunked', '{}'),
      422,
    ],
    ['a body behind a GET', () => get(`Content-Length: ${hidden().length}`) + hidden(), 200],
    [
      'a chunk with an extension',
      () => post('Transfer-Encoding: chunked', `2;x=y\r\n{}\r\n${END}`),
      422,
    ],
    [
      'trailers',
      () => post('Transfer-Encoding: chunked', '2\r\n{}\r\n0\r\nContent-Length: 40\r\n\r\n'),
      422,
    ],
    [
      'chunked in capital letters',
      () => post('Transfer-Encoding: CHUNKED', `2\r\n{}\r\n${END}`),
      422,
    ],
  ])('is read as what it is: %s', async (_, bytes, status) => {
    expect((await say(bytes())).slice(0, 1)).toEqual([status])
  })
})

async function expectRefused(bytes: string, statuses: readonly number[] = [400]) {
  const said = await say(bytes)
  // Closed without a word is a refusal too. What is asked afterwards may be answered (200).
  const [first = 400, ...others] = said
  expect(statuses).toContain(first)
  expect(others.filter(status => status !== 200)).toEqual([])
}

/** Every status that comes back before the other side closes, or before it has answered once and falls silent. */
async function say(bytes: string): Promise<readonly number[]> {
  const connection = await connectRaw(Number(new URL(zerg.url).port))
  const answers: number[] = []
  try {
    connection.send(bytes)
    const first = await connection.answer().catch(() => undefined)
    if (!first) return []
    answers.push(first.status)
    // Whatever was left over would be taken for the beginning of this one.
    connection.send('GET /startup HTTP/1.1\r\nHost: zerg.test\r\nConnection: close\r\n\r\n')
    await within(connection.closed, 10_000)
    for (const match of connection.rest().matchAll(/^HTTP\/1\.1 (\d{3})/gm))
      answers.push(Number(match[1]))
    return answers
  } finally {
    connection.close()
  }
}
