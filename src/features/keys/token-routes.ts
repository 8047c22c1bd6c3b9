// Minting tokens over HTTP.

import { parseShape } from '#lib/shape.ts'
import { answerSecret } from '#transport/http/answers.ts'
import { readJson } from '#transport/http/body.ts'
import { callOf } from '#transport/http/exchange.ts'
import { readNoQuery } from '#transport/http/query.ts'
import { createRoutes } from '#transport/http/routes.ts'
import type { Tokens } from './index.ts'
import { createToken } from './token-documentation.ts'
import { NewToken } from './token-model.ts'

export const tokenRoutes = ({ tokens }: { tokens: Tokens }) =>
  createRoutes('tokens').post(
    '/auth/token',
    async ({ request }) => {
      readNoQuery(request)
      const given = parseShape(NewToken, await readJson(request))
      return answerSecret(request, await tokens.create(callOf(request), given))
    },
    { detail: createToken },
  )
