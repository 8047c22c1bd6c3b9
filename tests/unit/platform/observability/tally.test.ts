import { expect, test } from 'bun:test'
import { Counter, Histogram, Registry } from 'prom-client'
import { createTally } from '#platform/observability/tally.ts'

const BOUNDS = [0.001, 0.01, 0.1, 1]
const SECONDS = [0.0005, 0.001, 0.0011, 0.05, 0.05, 1, 7]
const LABELS = [{ route: '/a' }, { route: '/b' }]

test('a tally is scraped exactly as the same observations of prom-client are', async () => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const requests = { name: 'requests_total', help: 'Requests.' }
  const duration = { name: 'request_seconds', help: 'Durations.' }
  const tally = createTally({
    registers: [ours],
    labelNames: ['route'],
    bounds: BOUNDS,
    requests,
    duration,
  })
  const registers = [theirs]
  const counter = new Counter({ ...requests, labelNames: ['route'], registers })
  const histogram = new Histogram({
    ...duration,
    labelNames: ['route'],
    buckets: BOUNDS,
    registers,
  })
  for (const labels of LABELS) {
    const series = tally.series(labels)
    for (const seconds of SECONDS) {
      series.record(seconds)
      counter.inc(labels)
      histogram.observe(labels, seconds)
    }
  }
  expect(await ours.metrics()).toBe(await theirs.metrics())
  expect(await ours.metrics()).toContain('request_seconds_bucket{le="0.1",route="/b"} 5')
})

// As every metric with labels does, so that a name can be found before its first request.
test('a tally that has counted nothing has its names already', async () => {
  const registry = new Registry()
  createTally({
    registers: [registry],
    labelNames: ['route'],
    bounds: BOUNDS,
    requests: { name: 'requests_total', help: 'Requests.' },
    duration: { name: 'request_seconds', help: 'Durations.' },
  })
  const text = await registry.metrics()
  expect(text).toContain('# TYPE requests_total counter')
  expect(text).toContain('# TYPE request_seconds histogram')
})
