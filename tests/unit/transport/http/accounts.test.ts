import { describe, expect, test } from 'bun:test'
import { jsonBody } from '../../../support/http.ts'
import { ID, setup, THING } from './things.ts'

describe('what remains of a request', () => {
  test('is one line', async () => {
    const { http, lines } = setup()
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    await http(`${THING}?secret=1`, {
      headers: { 'x-request-id': 'r1', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    })
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.anything(),
        request_id: 'r1',
        method: 'GET',
        route: '/api/v1/things/:id',
        path: THING,
        status: 200,
        duration_ms: expect.any(Number),
        caller: 'internal',
        bytes_in: 0,
        bytes_out: `{"id":"${ID}"}`.length,
        trace_id: traceId,
        msg: 'request',
      },
    ])
  })

  test('counts the bytes of both bodies', async () => {
    const { http, lines } = setup()
    await http('/api/v1/things', { method: 'POST', ...jsonBody({ a: 'ä' }) })
    expect(lines[0]).toMatchObject({ bytes_in: 10, bytes_out: 10 })
  })

  test.each([
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
    '"}',
  ])('takes no trace from %s', async traceparent => {
    const { http, lines } = setup()
    await http(THING, { headers: { traceparent } })
    expect(lines[0]).not.toHaveProperty('trace_id')
  })

  test('is readable whatever the path holds', async () => {
    const { http, lines } = setup()
    await http('/api/"\\/{}<>%00%0a')
    await http(`/${'x'.repeat(5_000)}`)
    expect(lines).toHaveLength(2)
    expect(String(lines[1]!['path']).length).toBeLessThanOrEqual(512)
  })

  // A client that makes up paths and methods must not make up series.
  test('has labels from fixed sets', async () => {
    const { http, metrics } = setup()
    for (let index = 0; index < 20; index++) {
      await http(`/made-up-${index}`)
      await http(THING, { method: index % 2 === 0 ? 'PROPFIND' : 'MKCOL' })
    }
    await http(THING)
    const text = await metrics.registry.metrics()
    const series = text.split('\n').filter(line => line.startsWith('zerg_http_requests_total{'))
    expect(series.toSorted()).toEqual([
      'zerg_http_requests_total{method="GET",route="/api/v1/things/:id",status="200"} 1',
      'zerg_http_requests_total{method="GET",route="unmatched",status="404"} 20',
      'zerg_http_requests_total{method="OTHER",route="unmatched",status="405"} 20',
    ])
  })
})
