// Server reflection (v1 and v1alpha, which differ in name only): tools such as grpcurl ask what is
// served. Answers come from the descriptors inside the executable.

import {
  type handleBidiStreamingCall,
  type Server,
  status as Status,
  type StatusObject,
} from '@grpc/grpc-js'
import type { GrpcAdmission } from './admission.ts'
import { toStatus } from './errors.ts'
import { addressOfPeer } from './peer.ts'
import { DESCRIPTORS } from './proto/descriptors.gen.ts'
import { ServerReflectionService as V1 } from './proto/grpc/reflection/v1/reflection.gen.ts'
import type {
  ServerReflectionRequest,
  ServerReflectionResponse,
} from './proto/grpc/reflection/v1/reflection.gen.ts'
import { ServerReflectionService as V1Alpha } from './proto/grpc/reflection/v1alpha/reflection.gen.ts'

type Asking = Parameters<
  handleBidiStreamingCall<ServerReflectionRequest, ServerReflectionResponse>
>[0]
type Answer = NonNullable<ServerReflectionResponse['messageResponse']>

const NAMES = ['grpc.reflection.v1.ServerReflection', 'grpc.reflection.v1alpha.ServerReflection']

const OPEN_MAX = 100
const IDENTIFY_MAX_MS = 2_000

type Given = { names: readonly string[]; admission: Pick<GrpcAdmission, 'identify'> }

/** Serves reflection of itself and of these services, to whoever may be let in at all. */
export function serveReflection(server: Server, { names: served, admission }: Given) {
  const names = [...served, ...NAMES]
  const open = new Set<Asking>()

  const serverReflectionInfo = (asking: Asking) => {
    if (open.size >= OPEN_MAX) return refuseStream(asking, tooManyAsk)
    open.add(asking)
    asking.on('cancelled', () => open.delete(asking))
    void requireKnown(asking).then(
      () => converse(asking),
      error => open.delete(asking) && refuseStream(asking, toStatus(error)),
    )
  }
  server.addService(V1, { serverReflectionInfo })
  server.addService(V1Alpha, { serverReflectionInfo })

  return {
    /** Hangs up on those who still ask, since an open stream would keep the server from closing. */
    end: () => open.forEach(hangUp),
  }

  async function requireKnown(asking: Asking) {
    await admission.identify({
      metadata: asking.metadata,
      address: addressOfPeer(asking.getPeer()),
      limit: 'read',
      signal: AbortSignal.timeout(IDENTIFY_MAX_MS),
    })
  }

  // What was asked meanwhile has waited: nothing is read before somebody listens.
  function converse(asking: Asking) {
    asking.on('data', (request: ServerReflectionRequest) => {
      asking.write({
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(request.messageRequest, names),
      })
    })
    asking.on('end', () => hangUp(asking))
  }

  function hangUp(asking: Asking) {
    if (open.delete(asking)) asking.end()
  }
}

function answer(request: ServerReflectionRequest['messageRequest'], names: string[]): Answer {
  switch (request?.$case) {
    case 'listServices':
      return {
        $case: 'listServicesResponse',
        value: { service: names.map(name => ({ name })) },
      }
    case 'fileByFilename':
      return files(file => file.name === request.value, request.value)
    case 'fileContainingSymbol':
      return files(({ symbols }) => symbols.includes(request.value), request.value)
    case 'fileContainingExtension':
    case 'allExtensionNumbersOfType':
      return refuse(Status.NOT_FOUND, 'There are no extensions here.')
    default:
      return refuse(Status.INVALID_ARGUMENT, 'The question is not known.')
  }
}

type Descriptor = (typeof DESCRIPTORS)[number]

function files(isMeant: (file: Descriptor) => boolean, asked: string): Answer {
  const file = DESCRIPTORS.find(isMeant)
  if (!file) return refuse(Status.NOT_FOUND, `Nothing is known of ${asked.slice(0, 200)}.`)
  const wanted = withImports(file)
  return {
    $case: 'fileDescriptorResponse',
    value: { fileDescriptorProto: wanted.map(({ base64 }) => Buffer.from(base64, 'base64')) },
  }
}

// With everything that it imports, itself first, so that one question is enough.
function withImports(file: Descriptor): Descriptor[] {
  const wanted = new Set([file])
  for (const { imports } of wanted)
    for (const imported of DESCRIPTORS) if (imports.includes(imported.name)) wanted.add(imported)
  return [...wanted]
}

// grpc-js ends a stream with the status that is emitted as its error.
const refuseStream = (asking: Asking, status: Partial<StatusObject>): void =>
  void asking.emit('error', Object.assign(new Error(status.details), status))

const tooManyAsk = { code: Status.RESOURCE_EXHAUSTED, details: 'Too many ask at the moment.' }

const refuse = (errorCode: Status, errorMessage: string): Answer => ({
  $case: 'errorResponse',
  value: { errorCode, errorMessage },
})
