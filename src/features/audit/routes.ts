// The audit log over HTTP.

import { parseQuery } from '#lib/shape.ts'
import { answerPage, answerRead } from '#transport/http/answers.ts'
import { callOf } from '#transport/http/exchange.ts'
import { readId } from '#transport/http/path.ts'
import { readNoQuery } from '#transport/http/query.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { getEntry, listEntries } from './documentation.ts'
import type { Audit } from './index.ts'
import { AuditQuery } from './model.ts'

export const auditRoutes = ({ audit }: { audit: Audit }) =>
  createRoutes('audit')
    .get(
      '/audit',
      async ({ request }) => {
        const query = parseQuery(AuditQuery, request.url)
        return answerPage(request, await audit.list(callOf(request), query))
      },
      { detail: listEntries },
    )
    .get(
      '/audit/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        return answerRead(request, await audit.get(callOf(request), readId(params.id)))
      },
      { detail: getEntry },
    )
