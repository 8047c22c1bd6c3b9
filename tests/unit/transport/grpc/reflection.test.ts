import { fromBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { afterEach, describe, expect, test } from 'bun:test'
import {
  ServerReflectionClient as V1,
  type ServerReflectionRequest,
  type ServerReflectionResponse,
} from '#transport/grpc/proto/grpc/reflection/v1/reflection.gen.ts'
import { ServerReflectionClient as V1Alpha } from '#transport/grpc/proto/grpc/reflection/v1alpha/reflection.gen.ts'
import { within } from '../../../support/eventually.ts'
import { openTestGrpc, tasksWith, type TestGrpc } from '../../../support/grpc.ts'

const opened: TestGrpc[] = []
afterEach(async () => {
  for (const grpc of opened.splice(0)) await grpc.close()
})

describe.each([
  ['v1', V1],
  ['v1alpha', V1Alpha],
] as const)('reflection %s', (_, Kind) => {
  test('lists both names of the Tasks service', async () => {
    const ask = await setup(Kind)
    const answer = await ask({ $case: 'listServices', value: '*' })
    expect(
      answer?.$case === 'listServicesResponse' && answer.value.service.map(s => s.name),
    ).toEqual([
      'tasks.v1.TasksService',
      'tasks.TasksService',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ])
  })

  test.each([
    ['tasks.v1.TasksService', 'tasks/v1/tasks.proto'],
    ['tasks.v1.TasksService.ListStream', 'tasks/v1/tasks.proto'],
    ['tasks.v1.CreateRequest', 'tasks/v1/tasks.proto'],
    ['tasks.TasksService', 'tasks/tasks.proto'],
    ['google.rpc.BadRequest.FieldViolation', 'google/rpc/error_details.proto'],
  ])('knows the file of %s, and sends all that it imports', async (symbol, file) => {
    const ask = await setup(Kind)
    const files = filesOf(await ask({ $case: 'fileContainingSymbol', value: symbol }))
    const names = files.map(({ name }) => name)
    expect(names[0]).toBe(file)
    for (const { dependency } of files) expect(names).toEqual(expect.arrayContaining(dependency))
  })

  test('knows files by name', async () => {
    const ask = await setup(Kind)
    const [file] = filesOf(
      await ask({ $case: 'fileByFilename', value: 'grpc/health/v1/health.proto' }),
    )
    expect(file?.package).toBe('grpc.health.v1')
  })

  test('answers what it does not know with an error, and goes on', async () => {
    const ask = await setup(Kind)
    const unknown = await ask({ $case: 'fileContainingSymbol', value: 'nobody.Knows' })
    expect(unknown).toMatchObject({ $case: 'errorResponse', value: { errorCode: 5 } })
    const extension = await ask({ $case: 'allExtensionNumbersOfType', value: 'tasks.v1.Task' })
    expect(extension).toMatchObject({ $case: 'errorResponse', value: { errorCode: 5 } })
    const nothing = await ask(undefined)
    expect(nothing).toMatchObject({ $case: 'errorResponse', value: { errorCode: 3 } })
  })
})

test('reflection that is switched off is not served', async () => {
  const ask = await setup(V1, { reflection: false })
  expect(String(await ask({ $case: 'listServices', value: '' }).catch(String))).toContain(
    'UNIMPLEMENTED',
  )
})

const filesOf = (answer: ServerReflectionResponse['messageResponse']) =>
  answer?.$case === 'fileDescriptorResponse'
    ? answer.value.fileDescriptorProto.map(bytes => fromBinary(FileDescriptorProtoSchema, bytes))
    : []

async function setup(Kind: typeof V1 | typeof V1Alpha, options = {}) {
  const grpc = await openTestGrpc(tasksWith({}), options)
  opened.push(grpc)
  const stream = grpc.client(Kind).serverReflectionInfo()
  return (messageRequest: ServerReflectionRequest['messageRequest']) => {
    const answer = new Promise<ServerReflectionResponse['messageResponse']>((resolve, reject) => {
      stream.once('data', ({ messageResponse }: ServerReflectionResponse) =>
        resolve(messageResponse),
      )
      stream.once('error', reject)
    })
    stream.write({ host: '', messageRequest })
    return within(answer)
  }
}
