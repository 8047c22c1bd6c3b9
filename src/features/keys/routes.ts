// API keys over HTTP.

import { expectedVersion } from '#lib/expected-version.ts'
import { parseQuery, parseShape } from '#lib/shape.ts'
import { answerChanged, answerNothing, answerPage, answerSecret } from '#transport/http/answers.ts'
import { MERGE_PATCH, readJson } from '#transport/http/body.ts'
import { callOf } from '#transport/http/exchange.ts'
import { readId } from '#transport/http/path.ts'
import { expectedVersions } from '#transport/http/preconditions.ts'
import { readNoQuery } from '#transport/http/query.ts'
import { createRoutes } from '#transport/http/routes.ts'
import { changeKey, createKey, getKey, listKeys, revokeKey, rotateKey } from './documentation.ts'
import type { Keys } from './index.ts'
import { ApiKeyChange, ApiKeyQuery, NewApiKey, Rotation } from './model.ts'

export function keyRoutes({ keys }: { keys: Keys }) {
  return createRoutes('keys')
    .get(
      '/keys',
      async ({ request }) => {
        const query = parseQuery(ApiKeyQuery, request.url)
        return answerPage(request, await keys.list(callOf(request), query))
      },
      { detail: listKeys },
    )
    .post(
      '/keys',
      async ({ request }) => {
        readNoQuery(request)
        const given = parseShape(NewApiKey, await readJson(request))
        const key = await keys.create(callOf(request), given)
        return answerSecret(request, key, { location: `/api/v1/keys/${key.id}` })
      },
      { detail: createKey },
    )
    .get(
      '/keys/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const key = await keys.get(callOf(request), readId(params.id))
        return answerSecret(request, key)
      },
      { detail: getKey },
    )
    .patch(
      '/keys/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const [call, id] = [callOf(request), readId(params.id)]
        const given = parseShape(ApiKeyChange, await readJson(request, { types: MERGE_PATCH }))
        const key = await keys.change(call, id, { ...given, ...(await meant(request, id, given)) })
        return answerChanged(request, key, { version: key.version })
      },
      { detail: changeKey },
    )
    .post(
      '/keys/:id/rotate',
      async ({ request, params }) => {
        readNoQuery(request)
        const [call, id] = [callOf(request), readId(params.id)]
        const given = parseShape(Rotation, await readJson(request))
        const key = await keys.rotate(call, id, { ...given, ...(await meant(request, id, given)) })
        return answerSecret(request, key)
      },
      { detail: rotateKey },
    )
    .delete(
      '/keys/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        const id = readId(params.id)
        await keys.revoke(callOf(request), id, (await meant(request, id)).version)
        return answerNothing(request)
      },
      { detail: revokeKey },
    )

  async function meant(
    request: Request,
    id: string,
    inBody: { version?: number } = {},
  ): Promise<{ version?: number }> {
    const current = async () => (await keys.get(callOf(request), id)).version
    const version = await expectedVersion(expectedVersions(request), inBody.version, current)
    return version === undefined ? {} : { version }
  }
}
