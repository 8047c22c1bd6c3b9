// Through real sockets: what only the wire shows.

import { afterEach, describe, expect, test } from 'bun:test'
import { systemClock } from '#lib/clock.ts'
import type { AppError } from '#lib/errors.ts'
import type { Door } from '#platform/lifecycle/door.ts'
import { createLog } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { answerFile, answerRead } from '#transport/http/answers.ts'
import { readJson } from '#transport/http/body.ts'
import { callOf } from '#transport/http/exchange.ts'
import { createPipeline } from '#transport/http/pipeline.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { openHttp } from '#transport/http/server.ts'
import { eventually, within } from '../../../support/eventually.ts'
import { admitsAll, testRoute } from '../../../support/http.ts'
import { askRaw, connectRaw, head } from '../../../support/raw-http.ts'

const JSON_HEADER = 'Content-Type: application/json'

const doors: Door[] = []
afterEach(() => {
  for (const door of doors.splice(0)) door.force()
})

describe('a request on the wire', () => {
  test('HEAD says the length of the body that it leaves out', async () => {
    const { port } = setup()
    const answer = await askRaw(port, head('HEAD /api/v1/echo'))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-length')).toBe('11')
    expect(answer.body).toBe('')
  })

  test('HEAD of a problem has its status and no body', async () => {
    const { port } = setup()
    const connection = await connectRaw(port)
    connection.send(head('HEAD /api/v1/nothing'))
    expect((await connection.answer(true)).status).toBe(404)
    connection.send(head('GET /api/v1/echo'))
    expect((await connection.answer()).body).toBe('{"echo":[]}')
    connection.close()
  })

  test('knows the other end of its socket', async () => {
    const { port } = setup()
    expect((await askRaw(port, head('GET /api/v1/address'))).body).toBe('{"address":"127.0.0.1"}')
  })

  // Load balancers' oldest probes speak HTTP/1.0, which knows no Host.
  test.each(['GET', 'HEAD'])('%s of HTTP/1.0 without a Host is answered', async method => {
    const { port } = setup()
    const answer = await askRaw(port, `${method} /api/v1/echo?a=1 HTTP/1.0\r\n\r\n`)
    expect(answer.status).toBe(200)
  })

  test.each(['', 'a b/c?d', 'a/b'])('with the Host %j is refused', async host => {
    const { port } = setup()
    const answer = await askRaw(port, `GET /api/v1/echo HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_header' })
  })

  test.each(['z', 'localhost:1', '[::1]:80'])('with the Host %s is answered', async host => {
    const { port } = setup()
    const answer = await askRaw(port, `GET /api/v1/echo HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(answer.status).toBe(200)
  })
})

describe('a body on the wire', () => {
  test('in chunks is read whole', async () => {
    const { port } = setup()
    const connection = await connectRaw(port)
    connection.send(head('POST /api/v1/echo', JSON_HEADER, 'Transfer-Encoding: chunked'))
    connection.send('3\r\n{"a\r\n')
    await Bun.sleep(5)
    connection.send('4\r\n":1}\r\n0\r\n\r\n')
    expect((await connection.answer()).body).toBe('{"echo":{"a":1}}')
    connection.close()
  })

  // Chunks tell no length in advance, so only counting them protects the memory.
  test('in chunks that never end is refused at the limit', async () => {
    const { port } = setup()
    const connection = await connectRaw(port)
    connection.send(head('POST /api/v1/echo', JSON_HEADER, 'Transfer-Encoding: chunked'))
    for (let sent = 0; sent < 3; sent++) connection.send(`200\r\n${'1'.repeat(0x2_00)}\r\n`)
    expect((await connection.answer()).status).toBe(413)
    connection.close()
  })

  test('declared as too large is refused before it is sent', async () => {
    const { port } = setup()
    const connection = await connectRaw(port)
    connection.send(head('POST /api/v1/echo', JSON_HEADER, 'Content-Length: 10485760'))
    const answer = await connection.answer()
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([413, 'payload_too_large'])
    connection.close()
  })

  // A server that closes on whoever is still sending resets the connection, and the answer is lost.
  test('of 10 MB is refused, and its connection goes on', async () => {
    const { port } = setup()
    const connection = await connectRaw(port)
    const body = JSON.stringify('x'.repeat(10 * 1024 ** 2))
    connection.send(head('POST /api/v1/echo', JSON_HEADER, `Content-Length: ${body.length}`))
    connection.send(body)
    expect((await connection.answer()).status).toBe(413)
    connection.send(head('GET /api/v1/echo'))
    expect((await connection.answer()).body).toBe('{"echo":[]}')
    connection.close()
  })

  test('that stops half-way ends at the deadline', async () => {
    const { port } = setup()
    const connection = await connectRaw(port)
    connection.send(
      head('POST /api/v1/echo', JSON_HEADER, 'Content-Length: 20', 'Request-Timeout: 50ms'),
    )
    connection.send('{"a":')
    const answer = await connection.answer()
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([504, 'deadline_exceeded'])
    connection.close()
  })

  test('whose client leaves half-way ends without a word of an error', async () => {
    const { door, lines, port } = setup()
    const connection = await connectRaw(port)
    connection.send(head('POST /api/v1/echo', JSON_HEADER, 'Content-Length: 20'))
    connection.send('{"a":')
    await eventually(() => expect(door.inFlight()).toBe(1))
    connection.close()
    await eventually(() => expect(lines.map(line => line['status'])).toEqual([499]))
  })
})

describe('a client that hangs up', () => {
  test('fires the signal of its call', async () => {
    const { fired, port, started } = setup()
    const connection = await connectRaw(port)
    connection.send(head('GET /api/v1/waits'))
    await within(started)
    connection.close()
    expect((await within(fired)).code).toBe('client_closed_request')
  })

  test('is no failure in the log', async () => {
    const { lines, port, started } = setup()
    const connection = await connectRaw(port)
    connection.send(head('GET /api/v1/waits'))
    await within(started)
    connection.close()
    await eventually(() =>
      expect(lines).toMatchObject([{ level: 'info', status: 499, code: 'client_closed_request' }]),
    )
  })
})

describe('while draining', () => {
  test.each([
    ['an answer', 'GET /api/v1/echo', 200],
    ['a HEAD', 'HEAD /api/v1/echo', 200],
    ['an OPTIONS', 'OPTIONS /api/v1/echo', 204],
    ['a 304', 'GET /api/v1/known', 304],
    ['a 404', 'GET /nothing', 404],
    ['a 405', 'DELETE /api/v1/echo', 405],
    ['a failure', 'GET /api/v1/broken', 500],
    ['a refused header', 'GET /api/v1/echo?timeout', 400],
    ['a file', 'GET /api/v1/file', 200],
    ['a stream', 'GET /api/v1/stream', 200],
    ['a foreign answer', 'GET /api/v1/foreign', 200],
  ])('%s tells its client to leave, and the connection is closed', async (_, line, status) => {
    const { door, port } = setup()
    const connection = await connectRaw(port)
    connection.send(head('GET /api/v1/echo'))
    expect((await connection.answer()).headers.has('connection')).toBe(false)
    door.announceDrain()
    const more = line.includes('timeout') ? ['Request-Timeout: soon'] : ['If-None-Match: "k"']
    connection.send(head(line, ...more))
    const answer = await connection.answer(line.startsWith('HEAD'))
    expect([answer.status, answer.headers.get('connection')]).toEqual([status, 'close'])
    await within(connection.closed)
  })

  test('a request that came before is told so by its answer', async () => {
    const { door, port, release, started } = setup()
    const connection = await connectRaw(port)
    connection.send(head('GET /api/v1/held'))
    await within(started)
    door.announceDrain()
    release()
    expect((await connection.answer()).headers.get('connection')).toBe('close')
    await within(connection.closed)
  })

  test('requests in flight are counted, finished or ended with 503', async () => {
    const { door, port, started } = setup()
    const connection = await connectRaw(port)
    connection.send(head('GET /api/v1/waits'))
    await within(started)
    expect([door.inFlight(), door.finished()]).toEqual([1, 0])
    door.announceDrain()
    door.stopListening()
    expect(door.abortInFlight()).toBe(1)
    const answer = await connection.answer()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'shutting_down' })
    await within(door.closed())
    expect([door.inFlight(), door.finished()]).toEqual([0, 1])
  })

  test('idle connections are closed when asked', async () => {
    const { door, port } = setup()
    const connection = await connectRaw(port)
    connection.send(head('GET /api/v1/echo'))
    await connection.answer()
    door.stopListening()
    door.closeIdle()
    await within(connection.closed)
    await within(door.closed())
  })
})

describe('the port', () => {
  test('belongs to one server', () => {
    const { port } = setup()
    expect(() => setup({ port })).toThrow('in use')
  })

  // Bun counts a handler that has sent nothing as idle, and its shortest idle time is seconds.
  test('lets a handler run longer than a connection may be quiet', async () => {
    const { port } = setup({ idleTimeoutMs: 1_000, requestTimeoutMs: 20_000 })
    const connection = await connectRaw(port)
    connection.send(head('GET /api/v1/five-seconds'))
    expect((await connection.answer()).status).toBe(200)
    connection.close()
  }, 15_000)
})

type Settings = { port?: number; idleTimeoutMs?: number; requestTimeoutMs?: number }

function setup({ port = 0, idleTimeoutMs = 75_000, requestTimeoutMs = 10_000 }: Settings = {}) {
  const lines: Record<string, unknown>[] = []
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  }
  const started = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const fired = Promise.withResolvers<AppError>()
  const pipeline = createPipeline({
    admission: admitsAll,
    routes: [routes({ started: started.resolve, held: held.promise, fired: fired.resolve })],
    log: createLog({ level: 'info', format: 'json', destination }).log,
    metrics: createMetrics(),
    clock: systemClock,
    bodyMaxBytes: 1_000,
    requestTimeoutMs,
  })
  const host = '127.0.0.1'
  const door = openHttp({ pipeline, host, port, idleTimeoutMs, requestTimeoutMs })
  doors.push(door)
  return {
    door,
    port: door.port,
    lines,
    started: started.promise,
    release: held.resolve,
    fired: fired.promise,
  }
}

type Moments = {
  started(): void
  held: Promise<void>
  fired(reason: AppError): void
}

const routes = ({ started, held, fired }: Moments) =>
  createRoutes('wire')
    .get('/echo', async ({ request }) => answerRead(request, { echo: [] }), testRoute)
    .post(
      '/echo',
      async ({ request }) => answerRead(request, { echo: await readJson(request) }),
      testRoute,
    )
    .get(
      '/address',
      async ({ request }) => answerRead(request, { address: callOf(request).caller.address }),
      testRoute,
    )
    .get(
      '/known',
      async ({ request }) => answerFile(request, '', { type: 'a/b', etag: '"k"' }),
      testRoute,
    )
    .get(
      '/file',
      async ({ request }) => answerFile(request, new Blob(['p{}']), { type: 'text/css' }),
      testRoute,
    )
    .get(
      '/stream',
      async ({ request }) => answerFile(request, streamOf('one', 'two'), { type: 'text/plain' }),
      testRoute,
    )
    .get('/foreign', async () => new Response('made elsewhere'), testRoute)
    .get(
      '/broken',
      async () => {
        throw new Error('relation tasks does not exist')
      },
      testRoute,
    )
    .get(
      '/held',
      async ({ request }) => {
        started()
        await held
        return answerRead(request, {})
      },
      testRoute,
    )
    .get(
      '/five-seconds',
      async ({ request }) => {
        await Bun.sleep(5_000)
        return answerRead(request, {})
      },
      testRoute,
    )
    .get(
      '/waits',
      async ({ request }) => {
        const { signal } = callOf(request)
        started()
        return await new Promise<Response>((_, reject) => {
          signal.addEventListener('abort', () => {
            fired(signal.reason as AppError)
            reject(signal.reason)
          })
        })
      },
      testRoute,
    )

function streamOf(...parts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await Bun.sleep(1)
      const part = parts.shift()
      if (part === undefined) controller.close()
      else controller.enqueue(new TextEncoder().encode(part))
    },
  })
}
