import { credentials, Metadata, status as Status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'bun:test'
import { type Identity, INTERNAL, NOBODY } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { NO_LIMITS } from '#platform/limits/limits.ts'
import { createGrpcAdmission } from '#transport/grpc/admission.ts'
import { taskRpc } from '#features/tasks/rpc.ts'
import { HealthClient } from '#transport/grpc/proto/grpc/health/v1/health.gen.ts'
import { ServerReflectionClient } from '#transport/grpc/proto/grpc/reflection/v1/reflection.gen.ts'
import { TasksServiceService as V1 } from '#transport/grpc/proto/tasks/v1/tasks.gen.ts'
import { grpcService } from '#transport/grpc/service.ts'
import { rejection, within } from '../../../support/eventually.ts'
import { answerOf, openTestGrpc, showing, tasksWith, testTokens } from '../../../support/grpc.ts'
import { authenticateTest, aUser, tokenFor } from '../../../support/identities.ts'
import { closeAll, closeLater, codeOf, setup } from './asking.ts'

afterEach(closeAll)

const methods = taskRpc({ tasks: tasksWith({}) }).flatMap(service => service.methods)

describe('a call that shows no token', () => {
  test.each(methods.map(({ path }) => path))('is not let in: %s', async path => {
    const { ask, reached } = await setup()
    const error = await rejection(ask({ path }))
    expect(error).toMatchObject({ code: Status.UNAUTHENTICATED })
    expect(codeOf(error)).toBe('authentication_required')
    expect(reached()).toBe(0)
  })

  test('may ask for health, and not for what is served', async () => {
    const { grpc } = await setup()
    const health = grpc.client(HealthClient)
    expect(await answerOf(done => health.check({ service: '' }, done))).toEqual({ status: 1 })
    expect(codeOf(await rejection(reflected(grpc)))).toBe('authentication_required')
  })
})

describe('a token', () => {
  test('makes its bearer the caller, who came by gRPC from their own address', async () => {
    const user = aUser()
    const { ask, callers } = await setup()
    await ask({ as: user, metadata: { 'zerg-caller-address': '203.0.113.7' } })
    expect(callers).toMatchObject([{ ...user, via: 'grpc', address: '127.0.0.1', traceId: null }])
  })

  test('lets its bearer ask what is served', async () => {
    const { grpc } = await setup()
    expect(await reflected(grpc, aUser())).toContain('tasks.v1.TasksService')
  })

  test('that has to be looked up first is waited for', async () => {
    const { ask, callers } = await setup({
      admission: createGrpcAdmission({
        authenticate: async (token, from) => {
          await Bun.sleep(5)
          return await authenticateTest(token, from)
        },
        internal: testTokens,
        limits: NO_LIMITS,
      }),
    })
    const user = aUser()
    await ask({ as: user })
    expect(callers).toMatchObject([user])
  })

  test('that lacks the scope of the method is told so, and reaches no service', async () => {
    const { ask, reached } = await setup()
    const as = aUser({ kind: 'key', scopes: ['tasks:write', 'projects:read'] })
    const error = await rejection(ask({ as }))
    expect(error).toMatchObject({ code: Status.PERMISSION_DENIED })
    expect(codeOf(error)).toBe('insufficient_scope')
    expect(reached()).toBe(0)
  })

  test('that cannot be looked up is no bad token', async () => {
    const { ask } = await setup({
      admission: createGrpcAdmission({
        authenticate: () => {
          throw new AppError('database_unavailable', 'The database cannot be reached.')
        },
        internal: testTokens,
        limits: NO_LIMITS,
      }),
    })
    const error = await rejection(ask({ as: aUser() }))
    expect(error).toMatchObject({ code: Status.UNAVAILABLE })
  })

  const good = tokenFor(aUser())
  test.each<[string, string[]]>([
    ['another scheme', [`Basic ${good}`]],
    ['no scheme', [good]],
    ['nothing after the scheme', ['Bearer']],
    ['two in one', [`Bearer ${good}, Bearer ${good}`]],
    ['words after it', [`Bearer ${good} x`]],
    ['an unknown one', ['Bearer eyJhbGciOiJub25lIn0.e30.']],
  ])('is refused: %s', async (_, values) => {
    const { ask, reached } = await setup()
    const metadata = new Metadata()
    for (const value of values) metadata.add('authorization', value)
    const error = await rejection(ask({ raw: metadata }))
    expect(error).toMatchObject({ code: Status.UNAUTHENTICATED })
    expect(codeOf(error)).toBe('invalid_token')
    expect(reached()).toBe(0)
  })

  // However it is hidden: anything but the one place is not read.
  test.each(['authorization-bin', 'x-authorization', 'cookie', 'access_token'])(
    'in %s is no token',
    async name => {
      const metadata = new Metadata()
      metadata.set(name, name.endsWith('-bin') ? Buffer.from(`Bearer ${good}`) : `Bearer ${good}`)
      const { ask } = await setup()
      expect(codeOf(await rejection(ask({ raw: metadata })))).toBe('authentication_required')
    },
  )
})

describe('an internal token', () => {
  test('brings the original caller, and the way that they came', async () => {
    const key = aUser({ kind: 'key', scopes: ['tasks:read'] })
    const { ask, callers } = await setup()
    await ask({
      token: await testTokens.sign(key),
      metadata: {
        'zerg-caller-address': '2001:db8::7',
        'x-request-id': 'abc',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      },
    })
    expect(callers).toMatchObject([
      {
        ...key,
        via: 'http',
        address: '2001:db8::7',
        requestId: 'abc',
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      },
    ])
  })

  test('gives no more than the caller has', async () => {
    const { ask } = await setup()
    const token = await testTokens.sign(aUser({ kind: 'key', scopes: ['tasks:write'] }))
    expect(codeOf(await rejection(ask({ token })))).toBe('insufficient_scope')
  })

  test('with an address that is none tells of no address, rather than of ours', async () => {
    const { ask, callers } = await setup()
    const token = await testTokens.sign(aUser())
    await ask({ token, metadata: { 'zerg-caller-address': "x'; drop table" } })
    await ask({ token })
    expect(callers).toMatchObject([{ address: null }, { address: null }])
  })
})

describe('a refusal', () => {
  test('is noted for the audit, with who was refused what', async () => {
    const noted: unknown[] = []
    const { ask } = await setup({
      refusals: {
        note: ({ caller }, error, about) =>
          void noted.push([caller.id, (error as AppError).code, about?.action]),
      },
    })
    const reader = aUser({ kind: 'key', scopes: ['tasks:write'] })
    await rejection(ask({}))
    await rejection(ask({ as: reader }))
    await ask({ as: aUser() })
    expect(noted).toEqual([
      [NOBODY, 'authentication_required', 'tasks.read'],
      [reader.id, 'insufficient_scope', 'tasks.read'],
    ])
  })

  // The instance that forwards a call answers its client, and notes it then.
  test('is noted once, by the instance that was asked first', async () => {
    let count = 0
    const { ask } = await setup({ refusals: { note: () => void count++ } })
    const token = await testTokens.sign(aUser({ kind: 'key', scopes: [] }))
    await rejection(ask({ token }))
    expect(count).toBe(0)
    await rejection(ask({ token: `${token}x` }))
    expect(count).toBe(1)
  })
})

describe('health', () => {
  test('tells whoever shows a token all the same whether it is good', async () => {
    const { grpc } = await setup()
    const ask = (token: string) => {
      const health = new HealthClient(grpc.address, credentials.createInsecure(), {
        interceptors: [showing(token)],
      })
      closeLater(() => health.close())
      return answerOf(done => health.check({ service: 'tasks.v1.TasksService' }, done))
    }
    expect(await ask(await testTokens.sign(INTERNAL))).toEqual({ status: 1 })
    expect(codeOf(await rejection(ask('nonsense')))).toBe('invalid_token')
  })
})

test('a method without a rule is not served at all', () => {
  const { create: _, ...rules } = rulesOf()
  const handlers = Object.fromEntries(Object.keys(V1).map(name => [name, async () => ({})]))
  const offer = { handlers, rules } as unknown as Parameters<typeof grpcService<typeof V1>>[2]
  expect(() => grpcService('tasks.v1.TasksService', V1, offer)).toThrow(
    '/tasks.v1.TasksService/Create states no rule',
  )
})

const rulesOf = () =>
  Object.fromEntries(
    Object.keys(V1).map((name, index) => [name, methods[index]!.access.rule]),
  ) as Record<keyof typeof V1, (typeof methods)[number]['access']['rule']>

function reflected(grpc: Awaited<ReturnType<typeof openTestGrpc>>, as?: Identity) {
  const stream = grpc.client(ServerReflectionClient, as).serverReflectionInfo()
  const names = new Promise<string[]>((resolve, reject) => {
    stream.on('error', reject)
    stream.on('data', ({ messageResponse: answer }) => {
      if (answer?.$case === 'listServicesResponse')
        resolve(answer.value.service.map(({ name }: { name: string }) => name))
    })
  })
  stream.write({ host: '', messageRequest: { $case: 'listServices', value: '' } })
  return within(names)
}
