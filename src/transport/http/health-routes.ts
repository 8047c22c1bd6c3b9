// /health, /ready and /startup. The public port answers one word; the operations port says why.

import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import type { Health, Readiness } from '#platform/health/health.ts'
import { OPEN } from './access.ts'
import { answerStatus } from './answers.ts'
import { documented } from './docs/documented.ts'
import { createRoutes } from './routes.ts'

const Word = Type.Object({ status: Type.String() }, { $id: 'Status' })

type Word = Static<typeof Word>

const word = (status: string): Word => ({ status })

/** What the public port says. */
export const healthRoutes = ({ health }: { health: Health }) =>
  createRoutes('health', '')
    .get('/health', async ({ request }) => answerStatus(request, 200, word('ok')), {
      detail: documented({
        id: 'getHealth',
        tag: 'health',
        rule: OPEN,
        limit: 'none',
        summary: 'Is it alive?',
        description:
          'Answers 200 as long as the process runs, also while it drains; depends on nothing outside of it. For a liveness probe.',
        answers: { 200: { description: 'It lives.', shape: Word, example: word('ok') } },
      }),
    })
    .get(
      '/ready',
      async ({ request }) => {
        const readiness = await health.readiness()
        return answerStatus(request, statusOf(readiness), word(readiness))
      },
      {
        detail: documented({
          id: 'getReadiness',
          tag: 'health',
          rule: OPEN,
          limit: 'none',
          summary: 'Can it answer?',
          description:
            'Answers 503 while the instance starts or drains, and when it has lost what `ZERG_READY_REQUIRES` names. For a readiness probe.',
          answers: {
            200: { description: 'It can.', shape: Word, example: word('ready') },
            503: { description: 'Not now.', shape: Word, example: word('draining') },
          },
        }),
      },
    )
    .get(
      '/startup',
      async ({ request }) =>
        health.hasStarted()
          ? answerStatus(request, 200, word('started'))
          : answerStatus(request, 503, word('starting')),
      {
        detail: documented({
          id: 'getStartup',
          tag: 'health',
          rule: OPEN,
          limit: 'none',
          summary: 'Has it started?',
          description: 'Answers 503 until the instance was ready once. For a startup probe.',
          answers: {
            200: { description: 'It has.', shape: Word, example: word('started') },
            503: { description: 'Not yet.', shape: Word, example: word('starting') },
          },
        }),
      },
    )

export const statusOf = (readiness: Readiness): number => (readiness === 'ready' ? 200 : 503)
