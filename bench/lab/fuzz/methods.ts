// What the descriptors inside the executable say can be called, and with which messages.

import { createFileRegistry, type DescMessage, fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { create } from '@bufbuild/protobuf'
import { DESCRIPTORS } from '#transport/grpc/proto/descriptors.gen.ts'

export type FuzzedMethod = { path: string; input: DescMessage; isStream: boolean }

/** The methods of these services. */
export function methodsOf(services: readonly string[]): FuzzedMethod[] {
  const file = DESCRIPTORS.map(({ base64 }) =>
    fromBinary(FileDescriptorProtoSchema, Buffer.from(base64, 'base64')),
  )
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }))
  return services.flatMap(name => {
    const service = registry.getService(name)
    if (!service) throw new Error(`There is no service ${name}.`)
    return service.methods.map(method => ({
      path: `/${name}/${method.name}`,
      input: method.input,
      isStream: method.methodKind === 'server_streaming',
    }))
  })
}
