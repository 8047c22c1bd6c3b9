// A gRPC server for a test, on a free port of the loopback, and the clients that talk to it.

import { type Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { pino } from 'pino'
import { systemClock } from '#lib/clock.ts'
import { connectTasks } from '#features/tasks/remote.ts'
import { taskRpc } from '#features/tasks/rpc.ts'
import type { Tasks } from '#features/tasks/tasks.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { TasksServiceClient } from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { type GrpcOptions, openGrpc } from '#transport/grpc/server.ts'

export type TestGrpc = Awaited<ReturnType<typeof openTestGrpc>>

const silent = pino({ level: 'silent' })

/** Serves these tasks. `close` first, then whatever they stand on. */
export async function openTestGrpc(tasks: Tasks, options: Partial<GrpcOptions> = {}) {
  const metrics = options.metrics ?? createMetrics()
  const door = await openGrpc({
    host: '127.0.0.1',
    port: 0,
    messageMaxBytes: 4_194_304,
    defaultTimeoutMs: 15_000,
    reflection: true,
    services: taskRpc({ tasks }),
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
    /** The generated client, or that of another service. */
    client: <C extends Client>(
      Kind: new (address: string, credentials: ReturnType<typeof plain>) => C,
    ): C => keep(new Kind(address, plain())),
    tasksClient: () => keep(new TasksServiceClient(address, plain())),
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

/** The same tasks over gRPC from these addresses. */
export const connectTestTasks = (
  addresses: readonly string[],
  { timeoutMs = 5_000, log = silent, metrics = createMetrics() } = {},
) => connectTasks({ addresses, timeoutMs, log, metrics, clock: systemClock })

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

const plain = () => credentials.createInsecure()
