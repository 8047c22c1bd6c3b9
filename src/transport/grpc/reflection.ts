// Server reflection (v1 and v1alpha, which differ in name only): tools such as grpcurl ask what is
// served. Answers come from the descriptors inside the executable.

import { type handleBidiStreamingCall, type Server, status as Status } from '@grpc/grpc-js'
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

/** Serves reflection of itself and of these services. */
export function serveReflection(server: Server, served: readonly string[]) {
  const names = [...served, ...NAMES]
  const open = new Set<Asking>()

  const serverReflectionInfo = (asking: Asking) => {
    open.add(asking)
    asking.on('data', (request: ServerReflectionRequest) => {
      asking.write({
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(request.messageRequest, names),
      })
    })
    asking.on('end', () => hangUp(asking))
    asking.on('cancelled', () => open.delete(asking))
  }
  server.addService(V1, { serverReflectionInfo })
  server.addService(V1Alpha, { serverReflectionInfo })

  return {
    /** Hangs up on those who still ask, since an open stream would keep the server from closing. */
    end: () => open.forEach(hangUp),
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

const refuse = (errorCode: Status, errorMessage: string): Answer => ({
  $case: 'errorResponse',
  value: { errorCode, errorMessage },
})
