// How large a head may be, how many requests may be under way, and how slow a body.

import { expect, test } from 'bun:test'
import { OPEN } from '#transport/http/access.ts'
import type { Bounds } from '#transport/http/bounds.ts'
import { eventually } from '../../../support/eventually.ts'
import { pipelineOver } from '../../../support/http.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { answerStatus } from '#transport/http/answers.ts'
import { readJson } from '#transport/http/body.ts'
import { callOf } from '#transport/http/exchange.ts'
import { undocumented } from '#transport/http/docs/documented.ts'

const OPEN_TO_ALL = undocumented({ rule: OPEN })

const BOUNDS: Bounds = {
  urlMaxBytes: 100,
  headersMaxBytes: 1_000,
  bodyTimeoutMs: 60_000,
  inFlightMax: 4,
  inFlightClientMax: 2,
}

test.each([
  ['a path', '/things?'.padEnd(101, 'x'), {}, 414, 'uri_too_long'],
  ['one long header', '/things', { 'x-long': 'x'.repeat(1_000) }, 431, 'header_too_large'],
  ['many short headers', '/things', manyHeaders(101, ''), 431, 'header_too_large'],
  ['many headers that add up', '/things', manyHeaders(60, 'value-value'), 431, 'header_too_large'],
])('%s that is too much is refused', async (...[, path, headers, status, code]) => {
  const { ask } = setup()
  const answer = await ask(path, { headers })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(await answer.json()).toMatchObject({ code, status })
})

test('what is just within the bounds is answered', async () => {
  const { ask } = setup()
  const answer = await ask('/things?'.padEnd(100, 'x'), { headers: manyHeaders(40, 'value') })
  expect(answer.status).toBe(200)
})

test('one client gets so many at once, and others go on', async () => {
  const { ask, waiting, open } = setup()
  const held = [ask('/waits', {}, '192.0.2.1'), ask('/waits', {}, '192.0.2.1')]
  await eventually(() => expect(waiting()).toBe(2))
  const refused = await ask('/things', {}, '192.0.2.1')
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({ code: 'rate_limited' })
  expect((await ask('/things', {}, '192.0.2.2')).status).toBe(200)
  open()
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200])
  expect((await ask('/things', {}, '192.0.2.1')).status).toBe(200)
})

test('addresses of one IPv6 network are one client', async () => {
  const { ask, waiting, open } = setup()
  const held = [ask('/waits', {}, '2001:db8::1'), ask('/waits', {}, '2001:db8::2')]
  await eventually(() => expect(waiting()).toBe(2))
  expect((await ask('/things', {}, '2001:db8::ffff:3')).status).toBe(429)
  expect((await ask('/things', {}, '2001:db8:0:1::1')).status).toBe(200)
  open()
  await Promise.all(held)
})

test('in all there are so many at once, but health is always answered', async () => {
  const { ask, waiting, open } = setup()
  const held = [1, 2, 3, 4].map(host => ask('/waits', {}, `192.0.2.${host}`))
  await eventually(() => expect(waiting()).toBe(4))
  const refused = await ask('/things', {}, '192.0.2.9')
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(await refused.json()).toMatchObject({ code: 'too_many_in_flight' })
  expect((await ask('/health', {}, '192.0.2.9')).status).toBe(200)
  open()
  await Promise.all(held)
})

test('a body that does not come is waited for so long', async () => {
  const { ask } = setup({ bodyTimeoutMs: 100 })
  const startedAtMs = performance.now()
  const answer = await ask('/reads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: new ReadableStream({ start: controller => controller.enqueue(Buffer.from('{')) }),
  })
  expect(answer.status).toBe(408)
  expect(answer.headers.get('connection')).toBe('close')
  expect(await answer.json()).toMatchObject({ code: 'body_too_slow' })
  expect(performance.now() - startedAtMs).toBeLessThan(1_000)
})

test('a body that drips is waited for no longer', async () => {
  const { ask } = setup({ bodyTimeoutMs: 100 })
  let drip: ReturnType<typeof setInterval> | undefined
  const body = new ReadableStream({
    start(controller) {
      drip = setInterval(() => controller.enqueue(Buffer.from(' ')), 10)
    },
    cancel: () => clearInterval(drip),
  })
  const headers = { 'content-type': 'application/json' }
  expect((await ask('/reads', { method: 'POST', headers, body })).status).toBe(408)
})

function manyHeaders(count: number, value: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, value]))
}

function setup(bounds: Partial<Bounds> = {}) {
  const gate = Promise.withResolvers<void>()
  let waiting = 0
  const routes = createRoutes('bounds', '')
    .get('/things', async ({ request }) => answerStatus(request, 200, {}), { detail: OPEN_TO_ALL })
    .get('/health', async ({ request }) => answerStatus(request, 200, {}), { detail: OPEN_TO_ALL })
    .get(
      '/waits',
      async ({ request }) => {
        waiting++
        await Promise.race([gate.promise, aborted(callOf(request).signal)])
        return answerStatus(request, 200, {})
      },
      { detail: OPEN_TO_ALL },
    )
    .post('/reads', async ({ request }) => answerStatus(request, 200, await readJson(request)), {
      detail: OPEN_TO_ALL,
    })
  const pipeline = pipelineOver(routes, { bounds: { ...BOUNDS, ...bounds } })
  const ask = (path: string, init: RequestInit = {}, address = '127.0.0.1') =>
    pipeline.handle(new Request(`http://zerg.test${path}`, init), () => address)
  return { ask, waiting: () => waiting, open: gate.resolve }
}

const aborted = (signal: AbortSignal) =>
  new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  )
