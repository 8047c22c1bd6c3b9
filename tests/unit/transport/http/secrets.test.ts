// Secrets are planted wherever a client or a failure could bring them in; no output may show one.

import { expect, test } from 'bun:test'
import { AppError } from '#lib/errors.ts'
import { createLog } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { readJson } from '#transport/http/body.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { httpOver, testRoute } from '../../../support/http.ts'

const PASSWORD = 'correct-horse-battery'
const TOKEN = 'staple.staple.staple'
const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
const SECRETS = [PASSWORD, TOKEN, JWT, 'c2lnbmF0dXJl']

test.each(['trace', 'info'] as const)('no output shows a secret at level %s', async level => {
  const { http, lines, metrics } = setup(level)
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    cookie: `session=${TOKEN}`,
    'x-api-key': TOKEN,
    'content-type': 'application/json',
  }
  const answers = [
    await http(`/api/v1/fails?token=${TOKEN}`, { headers }),
    await http('/api/v1/fails-knowingly', { headers }),
    await http(`/api/v1/${JWT}`, { headers }),
    await http(`/api/v1/nothing/token=${TOKEN}`, { headers }),
    await http('/api/v1/reads', { method: 'POST', headers, body: `{"password":"${PASSWORD}"` }),
    await http('/api/v1/reads', { method: 'POST', headers, body: `{"password":"${PASSWORD}"}` }),
  ]
  const bodies = await Promise.all(answers.slice(0, 2).map(answer => answer.text()))
  const output = [...lines, ...bodies, await metrics.registry.metrics()].join('\n')
  expect(lines).toHaveLength(answers.length)
  for (const secret of SECRETS) expect(output).not.toContain(secret)
  // The failures are told nonetheless.
  expect(output).toContain('password authentication failed')
})

function setup(level: 'trace' | 'info') {
  const lines: string[] = []
  const { log } = createLog({
    level,
    format: 'json',
    secrets: [`postgres://zerg:${PASSWORD}@db/zerg`],
    destination: { write: line => void lines.push(line) },
  })
  const metrics = createMetrics()
  const failure = () =>
    Object.assign(
      new Error(`password authentication failed for postgres://zerg:${PASSWORD}@db/zerg`),
      { query: `alter role zerg password '${PASSWORD}'`, parameters: [TOKEN] },
    )
  const routes = createRoutes('secrets')
    .get(
      '/fails',
      async () => {
        throw failure()
      },
      testRoute,
    )
    .get(
      '/fails-knowingly',
      async () => {
        throw new AppError('database_unavailable', 'The database cannot be reached.', {
          cause: new Error('connecting', { cause: failure() }),
        })
      },
      testRoute,
    )
    .post(
      '/reads',
      async ({ request }) => {
        await readJson(request)
        throw failure()
      },
      testRoute,
    )
  return { http: httpOver(routes, { log, metrics }), lines, metrics }
}
