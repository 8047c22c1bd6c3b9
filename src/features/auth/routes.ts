// Signing in over HTTP.

import { parseShape } from '#lib/shape.ts'
import { answerFile, answerNothing, answerSecret } from '#transport/http/answers.ts'
import { readJson } from '#transport/http/body.ts'
import { callOf } from '#transport/http/exchange.ts'
import { readId } from '#transport/http/path.ts'
import { readNoQuery } from '#transport/http/query.ts'
import { createRoutes } from '#transport/http/routes.ts'
import {
  changePassword,
  endSession,
  endSessions,
  listSessions,
  login,
  logout,
  readJwks,
  refresh,
} from './documentation.ts'
import type { Auth } from './index.ts'
import { JWKS_MAX_AGE_S } from './key-ring.ts'
import { Login, PasswordChange, Refresh } from './model.ts'
import { signingKeyRoutes } from './signing-key-routes.ts'

type Needs = { auth: Pick<Auth, 'signIn' | 'sessions' | 'jwks' | 'rotateSigning'> }

/** Of signing in and out, of one's sessions, and of the public keys. */
export const authRoutes = ({ auth }: Needs) =>
  createRoutes('auth-and-keys', '')
    .use(signInRoutes({ auth }))
    .use(sessionRoutes({ auth }))
    .use(publicKeyRoutes({ auth }))
    .use(signingKeyRoutes({ auth }))

function signInRoutes({ auth: { signIn, sessions } }: Needs) {
  return createRoutes('auth')
    .post(
      '/auth/login',
      async ({ request }) => {
        readNoQuery(request)
        const given = parseShape(Login, await readJson(request))
        return answerSecret(request, await signIn.login(callOf(request), given, agentOf(request)))
      },
      { detail: login },
    )
    .post(
      '/auth/refresh',
      async ({ request }) => {
        readNoQuery(request)
        const { refresh_token: token } = parseShape(Refresh, await readJson(request))
        const tokens = await sessions.refresh(callOf(request), token, agentOf(request))
        return answerSecret(request, tokens)
      },
      { detail: refresh },
    )
    .post(
      '/auth/logout',
      async ({ request }) => {
        readNoQuery(request)
        await sessions.logout(callOf(request))
        return answerNothing(request)
      },
      { detail: logout },
    )
    .post(
      '/me/password',
      async ({ request }) => {
        readNoQuery(request)
        const given = parseShape(PasswordChange, await readJson(request))
        await signIn.changePassword(callOf(request), given)
        return answerNothing(request)
      },
      { detail: changePassword },
    )
}

function sessionRoutes({ auth: { sessions } }: Needs) {
  return createRoutes('sessions')
    .get(
      '/me/sessions',
      async ({ request }) => {
        readNoQuery(request)
        return answerSecret(request, await sessions.list(callOf(request)))
      },
      { detail: listSessions },
    )
    .delete(
      '/me/sessions',
      async ({ request }) => {
        readNoQuery(request)
        await sessions.endOthers(callOf(request))
        return answerNothing(request)
      },
      { detail: endSessions },
    )
    .delete(
      '/me/sessions/:id',
      async ({ request, params }) => {
        readNoQuery(request)
        await sessions.end(callOf(request), readId(params.id))
        return answerNothing(request)
      },
      { detail: endSession },
    )
}

function publicKeyRoutes({ auth }: Needs) {
  return createRoutes('jwks', '').get(
    '/.well-known/jwks.json',
    async ({ request }) => {
      const text = JSON.stringify(auth.jwks())
      return answerFile(request, text, {
        type: 'application/json',
        etag: `"${Bun.hash(text).toString(36)}"`,
        cacheControl: `public, max-age=${JWKS_MAX_AGE_S}`,
      })
    },
    { detail: readJwks },
  )
}

const AGENT_CHARACTERS_MAX = 256

const agentOf = (request: Request): string | null =>
  request.headers.get('user-agent')?.slice(0, AGENT_CHARACTERS_MAX).toWellFormed() ?? null
