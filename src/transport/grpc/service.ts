// How a feature offers itself over gRPC: a generated service definition, and a handler for each method.
//
//     grpcService('tasks.v1.TasksService', TasksServiceService, {
//       handlers: {
//         getById: async (call, request) => toMessage(await tasks.get(call, toId(request.id))),
//         listStream: async function* (call, request) { … },
//       },
//       rules: { getById: TASKS.read, listStream: TASKS.list },
//     })
//
// Every method has a rule of who may call it: without one the server does not start. Handlers take the Call that services take, throw AppError, and never see gRPC itself.

import type { Call } from '#lib/call.ts'
import type { Rule } from '#lib/rule.ts'

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

/** What a method asks of whoever calls it. */
export type MethodAccess = {
  rule: Rule
  /** Which limit a call counts against. */
  limit: 'read' | 'write'
  /** Whether an `idempotency-key` makes a repetition harmless (platform/idempotency); else it says nothing. */
  keepsKeys: boolean
}

export type GrpcMethod = Method &
  Handling & {
    /** Such as `tasks.v1.TasksService/GetById`: a label of metrics, a word in logs. */
    label: string
    access: MethodAccess
  }

export type GrpcService = { name: string; methods: readonly GrpcMethod[] }

type Offer<Definition> = {
  handlers: { [Name in keyof Definition]: HandlerOf<Definition[Name]> }
  rules: { [Name in keyof Definition]: Rule }
  /** Methods that carry a change out once for each key. */
  keepsKeys?: readonly (keyof Definition)[]
}

/**
 * A service as the server takes it. Every method of the definition needs its handler and its rule.
 *
 * @throws Error where a method has no rule, whatever the compiler was told.
 */
export function grpcService<Definition extends Record<string, Method>>(
  name: string,
  definition: Definition,
  { handlers, rules, keepsKeys = [] }: Offer<Definition>,
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
    access: { ...accessOf(method.path, rules[key]), keepsKeys: keepsKeys.includes(key) },
  }))
  return { name, methods }
}

function accessOf(path: string, rule: Rule | undefined): Pick<MethodAccess, 'rule' | 'limit'> {
  if (!rule) throw new Error(`${path} states no rule of who may call it.`)
  return { rule, limit: rule.scope?.endsWith(':read') ? 'read' : 'write' }
}
