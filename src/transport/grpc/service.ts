// How a feature offers itself over gRPC: a generated service definition, and a handler for each method.
//
//     grpcService('tasks.v1.TasksService', TasksServiceService, {
//       getById: async (call, request) => toMessage(await tasks.get(call, toId(request.id))),
//       listStream: async function* (call, request) { … },
//     })
//
// Handlers take the Call that services take, throw AppError, and never see gRPC itself.

import type { Call } from '#lib/call.ts'

type Message = object

// Declared as methods, so that handlers and serialisers of particular messages fit.
type Method = {
  path: string
  requestStream: boolean
  responseStream: boolean
  requestDeserialize(bytes: Buffer): Message
  responseSerialize(message: Message): Buffer
}
type Handling = {
  handle(call: Call, request: Message): Promise<Message> | AsyncIterable<Message>
}

type HandlerOf<M> = M extends {
  requestDeserialize(bytes: Buffer): infer Request
  responseSerialize(message: infer Response): Buffer
  responseStream: infer Streams
}
  ? (
      call: Call,
      request: Request,
    ) => Streams extends true ? AsyncIterable<Response> : Promise<Response>
  : never

export type GrpcMethod = Method &
  Handling & {
    /** Such as `tasks.v1.TasksService/GetById`: a label of metrics, a word in logs. */
    label: string
  }

export type GrpcService = { name: string; methods: readonly GrpcMethod[] }

/** A service as the server takes it. Every method of the definition needs its handler. */
export function grpcService<Definition extends Record<string, Method>>(
  name: string,
  definition: Definition,
  handlers: { [Name in keyof Definition]: HandlerOf<Definition[Name]> },
): GrpcService {
  // The signature has matched each handler with its method; from here on they are all alike.
  const handles = handlers as Record<string, Handling['handle']>
  const methods = Object.entries(definition).map(([key, method]) => ({
    label: method.path.slice(1),
    path: method.path,
    requestStream: method.requestStream,
    responseStream: method.responseStream,
    requestDeserialize: method.requestDeserialize,
    responseSerialize: method.responseSerialize,
    handle: handles[key]!,
  }))
  return { name, methods }
}
