import { expect, test } from 'bun:test'
import { SIGNED_IN } from '#transport/http/access.ts'
import { answerCreated } from '#transport/http/answers.ts'
import { undocumented } from '#transport/http/docs/documented.ts'
import { callOf } from '#transport/http/exchange.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { httpOver, testRoute } from '../../../support/http.ts'

test('a POST hands its Idempotency-Key to the service', async () => {
  const { seen, post } = setup()
  await post('/kept', '  order 17, second try ')
  await post('/kept', 'x'.repeat(255))
  expect(seen).toEqual(['order 17, second try', 'x'.repeat(255)])
})

test.each([
  ['nothing', ''],
  ['256 characters', 'x'.repeat(256)],
  ['a tab', 'a\tb'],
  ['a letter that is not ASCII', 'clé'],
])('a key of %s is refused', async (_, key) => {
  const { seen, post } = setup()
  const answer = await post('/kept', key)
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ code: 'invalid_header' })
  expect(seen).toEqual([])
})

// A client that relies on its key must not believe in a promise that nobody keeps.
test('a route that keeps no keys refuses one', async () => {
  const { seen, post } = setup()
  const answer = await post('/refused', 'abc')
  expect(answer.status).toBe(400)
  expect(await answer.json()).toMatchObject({ code: 'invalid_header' })
  expect(seen).toEqual([])
  expect((await post('/refused')).status).toBe(201)
})

test('an answer that was given before says so', async () => {
  const { post } = setup({ isReplayed: true })
  expect((await post('/kept', 'abc')).headers.get('idempotency-replayed')).toBe('true')
  expect((await post('/kept')).headers.get('idempotency-replayed')).toBeNull()
})

test('a key on a GET means nothing', async () => {
  const { http } = setup()
  const answer = await http('/api/v1/kept', { headers: { 'idempotency-key': 'é' } })
  expect(answer.status).toBe(201)
})

function setup({ isReplayed = false } = {}) {
  const seen: (string | undefined)[] = []
  const kept = { detail: undocumented({ rule: SIGNED_IN, idempotency: 'kept' }) }
  const answer = (request: Request) => {
    const { idempotency } = callOf(request)
    seen.push(idempotency?.key)
    if (idempotency) idempotency.replayed = isReplayed
    return answerCreated(request, {}, { location: '/' })
  }
  const http = httpOver(
    createRoutes('things')
      .post('/kept', async ({ request }) => answer(request), kept)
      .get('/kept', async ({ request }) => answer(request), kept)
      .post('/refused', async ({ request }) => answer(request), testRoute),
  )
  const post = (path: string, key?: string) =>
    http(`/api/v1${path}`, {
      method: 'POST',
      headers: key === undefined ? {} : { 'idempotency-key': key },
    })
  return { http, seen, post }
}
