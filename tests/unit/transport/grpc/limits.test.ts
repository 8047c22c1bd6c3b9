import { type ServiceError, status as Status } from '@grpc/grpc-js'
import { afterEach, describe, expect, test } from 'bun:test'
import { allow, deny, UNLIMITED } from '#platform/limits/decision.ts'
import type { Limits } from '#platform/limits/limits.ts'
import { createPolicy } from '#platform/limits/policy.ts'
import { createGrpcAdmission } from '#transport/grpc/admission.ts'
import { fromStatus } from '#transport/grpc/errors.ts'
import { HealthClient } from '#transport/grpc/proto/grpc/health/v1/health.gen.ts'
import { eventually, rejection } from '../../../support/eventually.ts'
import { answerOf, testTokens } from '../../../support/grpc.ts'
import { authenticateTest, aUser } from '../../../support/identities.ts'
import { anId, closeAll, codeOf, setup } from './asking.ts'

afterEach(closeAll)

describe('a limit', () => {
  const policy = createPolicy('read', { limit: 2, windowMs: 60_000 })

  test('is asked of the address first and of the caller then, and told with the answer', async () => {
    const { ask, asked, trailers } = await limited(() => allow(policy, 1, 30_000))
    const user = aUser()
    await ask({ as: user })
    expect(asked).toEqual([
      { scope: 'address', class: 'read', id: '127.0.0.1' },
      { scope: 'caller', class: 'read', id: user.id, roles: user.roles },
    ])
    expect(trailers()).toEqual({
      'ratelimit-policy': '"read";q=2;w=60',
      ratelimit: '"read";r=1;t=30',
    })
  })

  test('of an address that is used up is told before anybody looks at the token', async () => {
    let looks = 0
    const { ask } = await limited(({ scope }) =>
      scope === 'address' ? deny(policy, { resetMs: 60_000, waitMs: 7_000 }) : UNLIMITED,
    )
    for (const shown of [{}, { token: 'nonsense' }, { as: aUser() }]) {
      const error = await rejection(ask(shown))
      expect(error).toMatchObject({ code: Status.RESOURCE_EXHAUSTED })
      expect(fromStatus(error as ServiceError)).toMatchObject({
        code: 'rate_limited',
        retryAfterS: 7,
      })
      looks++
    }
    expect(looks).toBe(3)
  })

  test('of a caller that is used up comes with when to come again, and reaches no service', async () => {
    const { ask, reached } = await limited(async ({ scope }) =>
      scope === 'caller' ? deny(policy, { resetMs: 60_000, waitMs: 7_000 }) : UNLIMITED,
    )
    const error = (await rejection(ask({ as: aUser() }))) as ServiceError
    expect(error).toMatchObject({ code: Status.RESOURCE_EXHAUSTED })
    expect(fromStatus(error)).toMatchObject({ code: 'rate_limited', retryAfterS: 7 })
    expect(error.metadata.get('ratelimit')).toEqual(['"read";r=0;t=7'])
    expect(reached()).toBe(0)
  })

  test('counts a change as one', async () => {
    const { ask, asked } = await limited(() => UNLIMITED)
    await ask({ as: aUser(), path: '/tasks.v1.TasksService/DeleteById', bytes: anId() })
    expect(asked.map(one => one.class)).toEqual(['write', 'write'])
  })

  // It was counted where it came in, and the address is that of an instance of ours.
  test('is not asked about what another instance forwards, but about who only pretends to', async () => {
    const { ask, asked } = await limited(() => UNLIMITED)
    const token = await testTokens.sign(aUser())
    await ask({ token })
    expect(asked).toEqual([])
    await rejection(ask({ token: `${token}x` }))
    expect(asked).toMatchObject([{ scope: 'address' }])
  })

  async function limited(check: Limits['check']) {
    const asked: Parameters<Limits['check']>[0][] = []
    const limits: Limits = { check: one => (asked.push(one), check(one)) }
    const admission = createGrpcAdmission({
      authenticate: authenticateTest,
      internal: testTokens,
      limits,
    })
    return { ...(await setup({ admission })), asked }
  }
})

describe('calls at once', () => {
  test('of one caller are bounded, and nobody else is held up', async () => {
    const { ask, hold, release } = await setup({ inFlightCallerMax: 2 })
    const [busy, other] = [aUser(), aUser()]
    hold()
    const held = [ask({ as: busy }), ask({ as: busy })]
    const error = await eventually(async () => await rejection(ask({ as: busy }), 500))
    expect(codeOf(error)).toBe('rate_limited')
    const others = ask({ as: other })
    release()
    await Promise.all([...held, others])
    await ask({ as: busy })
  })

  test('are bounded in all; health is answered all the same', async () => {
    const { ask, hold, release, grpc } = await setup({ inFlightMax: 2 })
    hold()
    const held = [ask({ as: aUser() }), ask({ as: aUser() })]
    const error = await eventually(async () => await rejection(ask({ as: aUser() }), 500))
    expect(error).toMatchObject({ code: Status.UNAVAILABLE })
    expect(codeOf(error)).toBe('too_many_in_flight')
    const health = grpc.client(HealthClient)
    expect(await answerOf(done => health.check({ service: '' }, done))).toEqual({ status: 1 })
    release()
    await Promise.all(held)
    await ask({ as: aUser() })
  })
})
