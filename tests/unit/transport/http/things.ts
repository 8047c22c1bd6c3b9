// One route of every kind, behind the whole pipeline.

import { AppError } from '#lib/errors.ts'
import { createLog } from '#platform/observability/log.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import {
  answerChanged,
  answerCreated,
  answerFile,
  answerNothing,
  answerPage,
  answerRead,
  answerSecret,
} from '#transport/http/answers.ts'
import { MERGE_PATCH, readJson } from '#transport/http/body.ts'
import { callOf } from '#transport/http/exchange.ts'
import { readId } from '#transport/http/path.ts'
import type { PipelineOptions } from '#transport/http/pipeline.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { httpOver, testRoute } from '../../../support/http.ts'

export const ID = '01900000-0000-7000-8000-00000000000a'
export const THING = `/api/v1/things/${ID}`

export function setup(options: Partial<PipelineOptions> = {}) {
  const lines: Record<string, unknown>[] = []
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  }
  const { log } = createLog({ level: 'info', format: 'json', destination })
  const metrics = createMetrics()
  const http = httpOver(things(), { log, metrics, bodyMaxBytes: 1_000, ...options })
  return { http, lines, metrics }
}

const things = () =>
  createRoutes('things')
    .get(
      '/things/:id',
      async ({ request, params }) => answerRead(request, { id: readId(params.id) }, { version: 3 }),
      testRoute,
    )
    .patch(
      '/things/:id',
      async ({ request }) =>
        answerChanged(request, await readJson(request, { types: MERGE_PATCH }), { version: 4 }),
      testRoute,
    )
    .delete('/things/:id', async ({ request }) => answerNothing(request), testRoute)
    .get(
      '/things',
      async ({ request }) => answerPage(request, { next_cursor: 'next+1' }),
      testRoute,
    )
    .post(
      '/things',
      async ({ request }) =>
        answerCreated(request, await readJson(request), { location: THING, version: 1 }),
      testRoute,
    )
    .post(
      '/secrets',
      async ({ request }) =>
        answerSecret(request, { secret: 's' }, { location: '/api/v1/secrets/1' }),
      testRoute,
    )
    .get('/foreign', async () => new Response('made elsewhere'), testRoute)
    .get(
      '/file',
      async ({ request }) =>
        answerFile(request, 'p{}', {
          type: 'text/css',
          etag: '"f"',
          cacheControl: 'public, max-age=60',
        }),
      testRoute,
    )
    .get(
      '/missing',
      async () => {
        throw new AppError('task_not_found', 'There is no such task.')
      },
      testRoute,
    )
    .get(
      '/busy',
      async () => {
        throw new AppError('database_busy', 'No connection became free.')
      },
      testRoute,
    )
    .get(
      '/broken',
      async () => {
        await Bun.sleep(1)
        throw new Error('relation tasks does not exist')
      },
      testRoute,
    )
    .get(
      '/breaks-at-once',
      () => {
        throw new Error('at once')
      },
      testRoute,
    )
    .get(
      '/throws-text',
      async () => {
        // oxlint-disable-next-line no-throw-literal -- some library may
        throw 'text'
      },
      testRoute,
    )
    .get('/waits', async ({ request }) => await firing(callOf(request).signal), testRoute)
    .get(
      '/waits-badly',
      async ({ request }) => {
        await firing(callOf(request).signal).catch(() => {
          throw new Error('canceling statement due to user request')
        })
      },
      testRoute,
    )
    .get('/deaf', async () => await new Promise<Response>(() => {}), testRoute)

const firing = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })
