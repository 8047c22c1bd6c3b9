// Elysia, as the router: every feature's routes in one application, without a socket.

import { bearer } from '@elysiajs/bearer'
import { Elysia } from 'elysia'
import type { AnyElysia } from 'elysia'
import { AppError } from '#lib/errors.ts'
import { type Access, accessesOf, UNMATCHED } from './access.ts'
import type { Admission } from './admission.ts'
import { exchangeOf } from './exchange.ts'
import { takeIdempotencyKey } from './idempotency-key.ts'
import { pathOf } from './path.ts'
import { answerProblem } from './problem.ts'

export type Router = ReturnType<typeof createRouter>

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * `routes` are the features' plugins (`createRoutes`), in the order of the document.
 *
 * @throws Error where a route states no rule of who may call it.
 */
export function createRouter(routes: readonly AnyElysia[], admission: Admission) {
  const accesses = new Map<string, Access>()
  // A slash too many is another path; the host's name may be of any length.
  const app = new Elysia({
    name: 'http',
    normalize: false,
    strictPath: true,
    handler: { standardHostname: false },
  })
    .onError({ as: 'global' }, async ({ code, error, request }) =>
      code === 'NOT_FOUND'
        ? await unmatched.fetch(request)
        : answerProblem(exchangeOf(request), reasonOf(request, error)),
    )
    .onTransform({ as: 'global' }, ({ request, route }) => {
      exchangeOf(request).route = route
    })
    .use(bearer())
    .onBeforeHandle({ as: 'global' }, async ({ request, route, bearer }) => {
      const access = accesses.get(`${request.method} ${route}`) ?? UNMATCHED
      const exchange = exchangeOf(request)
      exchange.access = access
      await admission.admit(exchange, access, bearer)
      if (exchange.method === 'POST') takeIdempotencyKey(exchange, access)
    })
  for (const plugin of routes) app.use(plugin)
  for (const [route, access] of accessesOf(table())) accesses.set(route, access)
  app.compile()

  // Whoever asks for what is not there has to say who they are as well: what is there is nobody
  // else's business.
  const unmatched = new Elysia({ name: 'unmatched', normalize: false })
    .onError(async ({ error, request }) => answerProblem(exchangeOf(request), error))
    .use(bearer())
    .all('*', async ({ request, bearer }) => {
      await admission.admit(exchangeOf(request), UNMATCHED, bearer)
      return answerUnmatched(request)
    })
    .compile()

  return {
    /** Answers by the route that fits; never rejects. */
    dispatch: (request: Request): Response | Promise<Response> => app.fetch(request),
    /** What `Allow` says of this path; empty where nothing is served. */
    allowed,
    /** Every route with its documentation, for the API document. */
    table,
  }

  function table() {
    return app.routes.map(({ method, path, hooks }) => ({
      method,
      path,
      detail: hooks.detail as unknown,
    }))
  }

  function answerUnmatched(request: Request): Response {
    const allow = allowed(pathOf(request.url))
    return allow.length === 0
      ? answerProblem(exchangeOf(request), noRoute())
      : answerProblem(exchangeOf(request), wrongMethod(request.method), { allow: allow.join(', ') })
  }

  function allowed(path: string): readonly string[] {
    const found = METHODS.filter(
      method =>
        app.router.http.find(method, path) ?? app.router.static[path]?.[method] !== undefined,
    )
    if (found.length === 0) return []
    return [
      ...(found[0] === 'GET' ? ['GET', 'HEAD'] : []),
      ...found.filter(m => m !== 'GET'),
      'OPTIONS',
    ]
  }
}

const noRoute = () => new AppError('route_not_found', 'Nothing is served under this path.')
const wrongMethod = (method: string) =>
  new AppError('method_not_allowed', `This path does not answer ${method.slice(0, 32)}.`)

// What ends early because its signal fired may say so in words of its own; the signal knows why.
function reasonOf(request: Request, error: unknown): unknown {
  const { signal } = exchangeOf(request).call
  return signal.aborted && !(error instanceof AppError) ? signal.reason : error
}
