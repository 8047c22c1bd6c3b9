// What is too large, too slow or too much, met by the compiled executable over real sockets.

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { slowHeadsTrial } from '../../bench/lab/slow-heads-trial.ts'
import { startZerg, type Zerg } from '../../bench/lab/zerg.ts'
import { within } from '../support/eventually.ts'
import { askRaw, connectRaw, head, type RawAnswer } from '../support/raw-http.ts'

let zerg: Zerg
let port: number
beforeAll(async () => {
  zerg = await startZerg({
    env: { ZERG_DRAIN_MAX: '200ms', ZERG_HTTP_BODY_TIMEOUT: '300ms', ZERG_HTTP_IDLE_TIMEOUT: '2s' },
  })
  port = Number(new URL(zerg.url).port)
})
afterAll(async () => await zerg.stop())

test.each([
  ['a URL of 5 KB', head(`GET /health?${'x'.repeat(5_000)}`), 414, 'uri_too_long'],
  ['a header of 13 KB', head('GET /health', `X-A: ${'x'.repeat(13_000)}`), 431, 'header_too_large'],
  ['120 headers', head('GET /health', ...manyHeaders(120)), 431, 'header_too_large'],
])('%s is refused with a body that says so', async (...[, bytes, status, code]) => {
  const answer = await askRaw(port, bytes)
  expect(answer.status).toBe(status)
  expect(problemOf(answer)).toMatchObject({ code, request_id: answer.headers.get('x-request-id') })
})

// Bun's own limits lie above ours, and answer without our body.
test.each([
  ['a URL of 70 KB', head(`GET /${'x'.repeat(70_000)}`)],
  ['a header of 70 KB', head('GET /health', `X-A: ${'x'.repeat(70_000)}`)],
  ['1,000 headers', head('GET /health', ...manyHeaders(1_000))],
])('%s is refused', async (_, bytes) => {
  expect((await askRaw(port, bytes)).status).toBe(431)
})

test('a body that never comes is answered for, and its connection ends', async () => {
  const connection = await connectRaw(port)
  connection.send(post(1_000))
  const answer = await connection.answer()
  expect(answer.status).toBe(408)
  expect(problemOf(answer)).toMatchObject({ code: 'body_too_slow' })
  await within(connection.closed)
})

test('a body that drips is waited for no longer', async () => {
  const connection = await connectRaw(port)
  connection.send(post(1_000))
  const drip = setInterval(() => connection.send(' '), 50)
  try {
    expect((await connection.answer()).status).toBe(408)
  } finally {
    clearInterval(drip)
    connection.close()
  }
})

test('a body that is not wanted keeps no connection open', async () => {
  const connection = await connectRaw(port)
  connection.send(head('POST /api/v1/tasks', 'Content-Length: 1000'))
  expect((await connection.answer()).status).toBe(401)
  await within(connection.closed, 10_000)
}, 30_000)

test('a head that never ends keeps no connection open', async () => {
  const connection = await connectRaw(port)
  connection.send('GET /health HTTP/1.1\r\nHost: zerg.test\r\n')
  const drip = setInterval(() => connection.send('X-A: b\r\n'), 500)
  try {
    await within(connection.closed, 20_000)
  } finally {
    clearInterval(drip)
  }
}, 30_000)

// On a machine that does much else one measurement says little, so that the best of three counts.
test('2,000 heads that never end leave others as quick as before', async () => {
  let best = Infinity
  for (let round = 0; round < 3 && best > 2; round++) {
    const { before, during } = await slowHeadsTrial({ sockets: 2_000, forMs: 3_000 })
    expect([before.failures, during.failures]).toEqual([0, 0])
    best = Math.min(best, during.p99Ms / before.p99Ms)
  }
  expect(best).toBeLessThanOrEqual(2)
}, 120_000)

const post = (bytes: number) =>
  head(
    'POST /api/v1/tasks',
    `Authorization: Bearer ${zerg.key}`,
    'Content-Type: application/json',
    `Content-Length: ${bytes}`,
  )

const problemOf = ({ body }: RawAnswer) => JSON.parse(body) as { code: string; request_id: string }

function manyHeaders(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `X-${index}: a`)
}
