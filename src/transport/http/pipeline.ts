// The way of every request: who it is, until when, its answer, its line in the log, its metrics.
// Knows no socket: `server.ts` puts it behind a port, and tests call `handle`.

import type { AnyElysia } from 'elysia'
import type { Clock } from '#lib/clock.ts'
import { AppError } from '#lib/errors.ts'
import type { Refusals } from '#platform/audit/refusals.ts'
import type { Log } from '#platform/observability/log.ts'
import type { Metrics } from '#platform/observability/metrics.ts'
import type { Admission } from './admission.ts'
import { createAccounts } from './accounts.ts'
import { dressed, seal } from './answers.ts'
import { createArrivals } from './arrival.ts'
import type { AddressOf } from './arrival.ts'
import { type Bounds, createCrowd, createHeadBounds } from './bounds.ts'
import type { ClientAddress } from './client-address.ts'
import type { Cors } from './cors.ts'
import { keepExchange } from './exchange.ts'
import type { Exchange, House } from './exchange.ts'
import { createInFlight } from './in-flight.ts'
import { pathOf } from './path.ts'
import { answerProblem } from './problem.ts'
import { createRouter } from './router.ts'
import type { CameByTls } from './scheme.ts'

export type Pipeline = ReturnType<typeof createPipeline>

export type PipelineOptions = {
  /** The features' plugins, made by `createRoutes`. */
  routes: readonly AnyElysia[]
  admission: Admission
  log: Log
  /** Absent where requests are not counted: on the operations port. */
  metrics?: Metrics
  /** For the audit log; absent where nobody keeps them. */
  refusals?: Refusals
  clock: Clock
  bodyMaxBytes: number
  requestTimeoutMs: number
  /** Absent on the operations port, which is never limited. */
  bounds?: Bounds | undefined
  /** Absent where the other end of the socket is the client. */
  clientAddress?: ClientAddress | undefined
  /** Absent where TLS neither ends at us nor at a proxy that is trusted. */
  cameByTls?: CameByTls | undefined
  /** Absent where no page of another origin may read answers. */
  cors?: Cors | undefined
  /** Asked at each request, beside `announceDrain`. */
  isDraining?: () => boolean
}

export function createPipeline(options: PipelineOptions) {
  const { clock, log, metrics, requestTimeoutMs, bounds, isDraining } = options
  const router = createRouter(options.routes, options.admission)
  const house: House = {
    draining: false,
    bodyMaxBytes: options.bodyMaxBytes,
    bodyTimeoutMs: bounds?.bodyTimeoutMs,
    clientAddress: options.clientAddress,
    cameByTls: options.cameByTls,
    cors: options.cors,
  }
  const open = createArrivals({
    house,
    clock,
    requestTimeoutMs,
    complaint: bounds && createHeadBounds(bounds),
  })
  const accounts = createAccounts({ log, metrics, refusals: options.refusals, clock })
  const inFlight = createInFlight({ clock, answerFor })
  const crowd = bounds && createCrowd(bounds)
  let finished = 0

  return {
    handle,
    /** For what should not happen: a failure of the pipeline itself, which nobody else would tell. */
    reportDefect: (error: unknown) => log.error({ err: error }, 'request_lost'),
    /** Every answer from here on says `Connection: close`. */
    announceDrain: () => {
      house.draining = true
    },
    /** Fires the signal of every request under way with `shutting_down`; returns how many. */
    abortInFlight: () => inFlight.endAll(shuttingDown),
    inFlight: inFlight.count,
    finished: () => finished,
    /** Every route with its documentation. */
    table: router.table,
  }

  /** Answers a request; never rejects. */
  function handle(request: Request, addressOf: AddressOf = nowhere): Promise<Response> {
    if (isDraining?.()) house.draining = true
    const exchange = open(request, addressOf)
    return new Promise(resolve => {
      exchange.leave = resolve
      inFlight.add(exchange)
      const answer = answerTo(exchange)
      if (answer instanceof Response) return leave(exchange, answer)
      answer.then(
        response => leave(exchange, response),
        thrown => answerFor(exchange, thrown),
      )
    })
  }

  function answerFor(exchange: Exchange, thrown: unknown): void {
    leave(exchange, answerProblem(exchange, thrown))
  }

  // A handler that ends after it was answered for is too late.
  function leave(exchange: Exchange, response: Response): void {
    if (!inFlight.remove(exchange)) return
    crowd?.leave(exchange)
    finished++
    const answer = dress(exchange, response)
    accounts.settle(exchange, answer.status)
    exchange.leave?.(answer)
  }

  function answerTo(exchange: Exchange): Response | Promise<Response> {
    const { request, method, url } = exchange
    const crowded = crowd?.enter(exchange)
    const error = exchange.error ?? crowded
    if (error !== undefined) return answerProblem(exchange, error)
    if (method === 'OPTIONS') return answerOptions(exchange)
    if (!url.startsWith('http')) return answerHostless(exchange)
    return router.dispatch(method === 'HEAD' ? asGet(exchange, url) : request)
  }

  // HTTP/1.0 knows no Host, and old probes speak it; a Host that is none is another matter.
  function answerHostless(exchange: Exchange): Response | Promise<Response> {
    const { request, method, url } = exchange
    const isProbe = url.startsWith('/') && !request.headers.has('host')
    if (isProbe && (method === 'GET' || method === 'HEAD'))
      return router.dispatch(asGet(exchange, `http://localhost${url}`))
    return answerProblem(exchange, new AppError('invalid_header', 'Host is missing or not a host.'))
  }

  function answerOptions(exchange: Exchange): Response {
    const methods = router.allowed(pathOf(exchange.url))
    if (methods.length === 0)
      return answerProblem(exchange, new AppError('route_not_found', 'Nothing is served here.'))
    const headers = { allow: methods.join(', '), ...preflightOf(exchange, methods) }
    return seal(exchange, { status: 204, body: null, headers })
  }
}

// HEAD is GET without the body, which Bun leaves out by itself and keeps its Content-Length.
function asGet(exchange: Exchange, url: string): Request {
  const get = new Request(url, { headers: exchange.request.headers })
  keepExchange(get, exchange)
  return get
}

// A browser that asks before it lets a page ask. It shows no token, so nobody is authenticated here.
function preflightOf({ house, request }: Exchange, methods: readonly string[]) {
  if (!house.cors || !request.headers.has('access-control-request-method')) return undefined
  const origin = request.headers.get('origin')
  return origin === null ? undefined : house.cors.preflightFor(origin, methods)
}

// Answers that our own functions made have their headers already; files and streams get theirs here.
function dress(exchange: Exchange, response: Response): Response {
  // The drain may have begun while the handler ran.
  if (exchange.house.draining) response.headers.set('connection', 'close')
  if (response === exchange.dressed) return response
  const { headers } = response
  headers.set('x-request-id', exchange.call.caller.requestId)
  const ours = dressed(exchange, Object.fromEntries(headers))
  for (const [name, value] of Object.entries(ours))
    if (headers.get(name) !== value) headers.set(name, value)
  return response
}

const nowhere = () => null

const shuttingDown = () =>
  new AppError('shutting_down', 'This instance shuts down and could not finish the request.')
