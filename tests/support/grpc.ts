// A gRPC server for a test, on a free port of the loopback, and the clients that talk to it.

import {
  type Client,
  type ClientOptions,
  credentials,
  InterceptingCall,
  type Interceptor,
  type Metadata,
  type ServiceError,
} from '@grpc/grpc-js'
import { pino } from 'pino'
import type { Identity } from '#lib/caller.ts'
import { systemClock } from '#lib/clock.ts'
import { connectTasks } from '#features/tasks/remote.ts'
import { taskRpc } from '#features/tasks/rpc.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { NO_LIMITS } from '#platform/limits/limits.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { createSecrets } from '#platform/secrets/secrets.ts'
import { createGrpcAdmission, type GrpcAdmission } from '#transport/grpc/admission.ts'
import type { Credentials } from '#transport/grpc/client/metadata.ts'
import { createInternalTokens } from '#transport/grpc/internal-token.ts'
import { TasksServiceClient } from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { type GrpcOptions, openGrpc } from '#transport/grpc/server.ts'
import { BUILT_IN } from './built-in.ts'
import { authenticateTest, tokenFor } from './identities.ts'

export type TestGrpc = Awaited<ReturnType<typeof openTestGrpc>>

const silent = pino({ level: 'silent' })

/** By which the test's servers know the test's api processes. */
export const testTokens = createInternalTokens({
  secrets: createSecrets({ secret: 'of all tests of gRPC, and no other' }),
  clock: systemClock,
})

/** Lets in who shows a token of `tokenFor`, as in production. */
export const strictAdmission = createGrpcAdmission({
  authenticate: authenticateTest,
  internal: testTokens,
  limits: NO_LIMITS,
})

/** The same, and everybody else as the built-in user: for tests that are not about who asks. */
export const testAdmission: GrpcAdmission = {
  admit: (exchange, access) => strictAdmission.admit(orBuiltIn(exchange), access),
  identify: asking => strictAdmission.identify({ ...asking, metadata: withToken(asking.metadata) }),
}

const orBuiltIn = (exchange: Parameters<GrpcAdmission['admit']>[0]) => {
  withToken(exchange.metadata)
  return exchange
}

function withToken(metadata: Metadata): Metadata {
  if (metadata.get('authorization').length === 0)
    metadata.set('authorization', `Bearer ${tokenFor(BUILT_IN)}`)
  return metadata
}

/** Serves these tasks. `close` first, then whatever they stand on. */
export async function openTestGrpc(tasks: Tasks, options: Partial<GrpcOptions> = {}) {
  const metrics = options.metrics ?? createMetrics()
  const door = await openGrpc({
    host: '127.0.0.1',
    port: 0,
    messageMaxBytes: 4_194_304,
    defaultTimeoutMs: 15_000,
    inFlightMax: 1_000,
    inFlightCallerMax: 1_000,
    reflection: true,
    services: taskRpc({ tasks }),
    admission: testAdmission,
    refusals: { note: () => undefined },
    clock: systemClock,
    log: silent,
    ...options,
    metrics,
  })
  const clients: Pick<Client, 'close'>[] = []
  const address = `127.0.0.1:${door.port}`

  return {
    door,
    metrics,
    address,
    /** The generated client of any service, by somebody, by whoever has a token, or by a stranger. */
    client: <C extends Client>(Kind: ClientKind<C>, as?: Identity | string): C =>
      keep(new Kind(address, plain(), bearing(as))),
    tasksClient: (as?: Identity) => keep(new TasksServiceClient(address, plain(), bearing(as))),
    close: async () => {
      for (const client of clients) client.close()
      door.stopListening()
      door.force()
      await door.closed()
    },
  }

  function keep<C extends Pick<Client, 'close'>>(client: C): C {
    clients.push(client)
    return client
  }
}

type ConnectOptions = Partial<Omit<Parameters<typeof connectTasks>[0], 'addresses' | 'clock'>>

/** The same tasks over gRPC from these addresses. */
export const connectTestTasks = (
  addresses: readonly string[],
  {
    timeoutMs = 5_000,
    log = silent,
    metrics = createMetrics(),
    credentials = testTokens.sign as Credentials,
    ...tls
  }: ConnectOptions = {},
) => connectTasks({ ...tls, addresses, timeoutMs, credentials, log, metrics, clock: systemClock })

/** Tasks of which a test gives the functions that it needs; the others throw. */
export function tasksWith(given: Partial<Tasks>): Tasks {
  const missing = async (): Promise<never> => {
    throw new Error('This test did not expect the call.')
  }
  return {
    create: missing,
    get: missing,
    batchGet: missing,
    list: missing,
    change: missing,
    replace: missing,
    remove: missing,
    ...given,
  }
}

/** A unary call as a promise: `await answerOf<GetByIdResponse>(done => client.getById(request, done))`. */
export const answerOf = <Response>(
  send: (done: (error: ServiceError | null, response?: Response) => void) => unknown,
): Promise<Response> =>
  new Promise((resolve, reject) => {
    send((error, response) => {
      if (error) reject(error)
      else if (response === undefined) reject(new Error('The server sent no message.'))
      else resolve(response)
    })
  })

/** A generated client. */
export type ClientKind<C> = new (
  address: string,
  credentials: ReturnType<typeof plain>,
  options: Partial<ClientOptions>,
) => C

/** Options of a client whose every call shows a token. */
const bearing = (as: Identity | string | undefined): Partial<ClientOptions> =>
  as === undefined ? {} : { interceptors: [showing(typeof as === 'string' ? as : tokenFor(as))] }

/** Shows this token with every call. */
export const showing =
  (token: string): Interceptor =>
  (options, next) =>
    new InterceptingCall(next(options), {
      start: (metadata, listener, start) => {
        metadata.set('authorization', `Bearer ${token}`)
        start(metadata, listener)
      },
    })

const plain = () => credentials.createInsecure()
