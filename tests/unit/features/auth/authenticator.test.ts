import { describe, expect, test } from 'bun:test'
import { createAuthenticator, type Identified } from '#features/auth/authenticator.ts'
import type { Identity } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import { rejection } from '../../../support/eventually.ts'

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const TOKEN = `${encoded({ alg: 'EdDSA' })}.${encoded({ iss: 'us' })}.AAAA`
const signal = new AbortController().signal

describe('a token that was shown before', () => {
  test('is answered at once, without being looked at again', async () => {
    const { show, looks } = setup()
    const first = show()
    expect(first).toBeInstanceOf(Promise)
    const identity = await first
    expect(show()).toBe(identity)
    expect(looks()).toBe(1)
  })

  test('is looked up again while nobody would tell of a revocation', async () => {
    const { show, state, looks, again } = setup()
    await show()
    state.isFollowing = false
    expect(show()).toBeInstanceOf(Promise)
    await show()
    expect([looks(), again()]).toEqual([1, 2])
  })

  test('is refused when that look fails, and looked at anew afterwards', async () => {
    const { show, state, looks } = setup()
    await show()
    state.isFollowing = false
    state.failure = new AppError('database_unavailable', 'gone')
    expect(await rejection(Promise.resolve(show()))).toMatchObject({ code: 'database_unavailable' })
    state.failure = undefined
    await show()
    expect(looks()).toBe(2)
  })

  test.each(['session', 'user'] as const)(
    'is looked at anew once its %s is revoked',
    async kind => {
      const { show, revoke, identity, looks } = setup()
      await show()
      revoke(kind, newId())
      expect(show()).toBe(identity)
      revoke(kind, kind === 'session' ? identity.sessionId! : identity.userId)
      await show()
      expect(looks()).toBe(2)
    },
  )

  test('has expired when its time is over', async () => {
    const { show, state } = setup()
    await show()
    state.nowMs = 1_000
    expect(show).toThrow(expect.objectContaining({ code: 'token_expired' }))
  })
})

// Otherwise what was read before a revocation would be kept after it.
test('what was looked up while word of a revocation came is not kept', async () => {
  const { show, revoke, state, looks } = setup()
  const gate = Promise.withResolvers<void>()
  state.gate = gate.promise
  const pending = show()
  revoke('session', newId())
  gate.resolve()
  await pending
  await show()
  expect(looks()).toBe(2)
})

test('a token of an issuer that is not accepted is refused without anybody being asked', async () => {
  const { authenticate, looks } = setup()
  const token = `${encoded({ alg: 'EdDSA' })}.${encoded({ iss: 'them' })}.AAAA`
  const error = await rejection(Promise.resolve(authenticate(token, { signal })))
  expect(error).toMatchObject({ code: 'invalid_token' })
  expect(looks()).toBe(0)
})

function setup() {
  const identity: Identity = {
    kind: 'user',
    id: newId(),
    userId: newId(),
    roles: ['user'],
    scopes: 'all',
    sessionId: newId(),
  }
  const state = {
    isFollowing: true,
    nowMs: 0,
    gate: Promise.resolve(),
    failure: undefined as AppError | undefined,
  }
  const listeners = new Map<string, (id: string) => void>()
  let [told, looked, lookedAgain] = [0, 0, 0]
  const identified: Identified = {
    identity,
    expiresAtMs: 1_000,
    again: async () => {
      lookedAgain++
      if (state.failure) throw state.failure
      return identity
    },
  }
  const { authenticate } = createAuthenticator({
    issuers: [
      {
        issuer: 'us',
        identify: async () => {
          looked++
          await state.gate
          return identified
        },
      },
    ],
    revocations: {
      onRevoked: (kind, listener) => {
        listeners.set(kind, listener)
        return () => undefined
      },
      isFollowing: () => state.isFollowing,
      told: () => told,
    },
    clock: { nowMs: () => state.nowMs, elapsedMs: () => state.nowMs },
  })
  return {
    identity,
    state,
    authenticate,
    show: () => authenticate(TOKEN, { signal }),
    looks: () => looked,
    again: () => lookedAgain,
    revoke(kind: 'session' | 'user', id: string) {
      told++
      listeners.get(kind)?.(id)
    },
  }
}
