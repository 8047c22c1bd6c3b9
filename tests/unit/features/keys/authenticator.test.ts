import { expect, test } from 'bun:test'
import { isAppError } from '#lib/errors.ts'
import { newToken } from '#lib/secret-token.ts'
import { createAuthenticator } from '#features/keys/authenticator.ts'
import type { Holder } from '#features/keys/repository.ts'
import { rejection } from '../../../support/eventually.ts'

const signal = new AbortController().signal
const NOW_MS = Date.parse('2026-01-02T03:04:05Z')

const codeOf = async (work: () => unknown) => {
  const error = await rejection((async () => await work())())
  return isAppError(error) ? error.code : error
}

test('what is not a whole token is refused without asking anybody', async () => {
  const { authenticate, asked } = setup()
  for (const text of ['', 'zerg_key_', newToken('op'), `${newToken('key')}x`])
    expect(await codeOf(() => authenticate(text, { signal }))).toBe('invalid_token')
  expect(asked()).toBe(0)
})

test('a key that was looked up is known at once from then on, and each use is noted', async () => {
  const { authenticate, asked, uses } = setup()
  const token = newToken('key')
  const first = await authenticate(token, { signal })
  const second = authenticate(token, { signal })
  expect(second).toBe(first)
  expect([asked(), uses()]).toEqual([1, 2])
})

test('of what is unknown nothing is kept: it is asked for again', async () => {
  const { authenticate, asked, set } = setup()
  const token = newToken('key')
  set(undefined)
  expect(await codeOf(() => authenticate(token, { signal }))).toBe('invalid_token')
  set({})
  expect((await authenticate(token, { signal })).id).toBe('key')
  expect(asked()).toBe(2)
})

test('a database that cannot be asked is not a wrong key', async () => {
  const { authenticate, fail } = setup()
  fail(new Error('gone'))
  expect(await codeOf(() => authenticate(newToken('key'), { signal }))).toEqual(new Error('gone'))
})

test.each([
  ['the key itself', 'key', 'key', 2],
  ['its user', 'user', 'user', 2],
  ['another key', 'key', 'another', 1],
  ['another user', 'user', 'another', 1],
] as const)(
  'word about %s makes it looked up again where it was about this one',
  async (...row) => {
    const [, kind, id, times] = row
    const { authenticate, asked, tell } = setup()
    const token = newToken('key')
    await authenticate(token, { signal })
    tell(kind, id)
    await authenticate(token, { signal })
    expect(asked()).toBe(times)
  },
)

test('word that comes while a key is looked up leaves nothing known of it', async () => {
  const { authenticate, asked, tell, hold } = setup()
  const token = newToken('key')
  const release = hold()
  const looking = authenticate(token, { signal })
  tell('key', 'key')
  release()
  await looking
  await authenticate(token, { signal })
  expect(asked()).toBe(2)
})

test('while nobody would bring word, each use is looked up', async () => {
  const { authenticate, asked, follow } = setup()
  const token = newToken('key')
  await authenticate(token, { signal })
  follow(false)
  await authenticate(token, { signal })
  await authenticate(token, { signal })
  expect(asked()).toBe(3)
  follow(true)
  await authenticate(token, { signal })
  expect(asked()).toBe(3)
})

test('a key ends at its end to the millisecond, however well it is known', async () => {
  const { authenticate, set, at } = setup()
  const token = newToken('key')
  set({ expires_at: new Date(NOW_MS + 1_000).toISOString() })
  await authenticate(token, { signal })
  at(NOW_MS + 999)
  expect((await authenticate(token, { signal })).id).toBe('key')
  at(NOW_MS + 1_000)
  expect(await codeOf(() => authenticate(token, { signal }))).toBe('token_expired')
})

test('a secret from before a rotation is known until the overlap ends, and no longer', async () => {
  const { authenticate, set, at, asked } = setup()
  const token = newToken('key')
  set({ overlap_until: new Date(NOW_MS + 1_000).toISOString() })
  await authenticate(token, { signal })
  at(NOW_MS + 999)
  await authenticate(token, { signal })
  expect(asked()).toBe(1)
  at(NOW_MS + 1_000)
  set(undefined)
  expect(await codeOf(() => authenticate(token, { signal }))).toBe('invalid_token')
})

function setup() {
  const holder: Holder = {
    id: 'key',
    user_id: 'user',
    roles: ['user'],
    scopes: ['tasks:read'],
    expires_at: null,
    overlap_until: null,
  }
  const listeners = new Map<string, (id: string) => void>()
  let found: Holder | undefined = holder
  let [asked, uses, nowMs, isFollowing] = [0, 0, NOW_MS, true]
  let gate: Promise<void> | undefined
  let failure: Error | undefined
  const { authenticate } = createAuthenticator({
    holderOf: async () => {
      asked++
      await gate
      if (failure) throw failure
      return found
    },
    revocations: {
      onRevoked: (kind, listener) => void listeners.set(kind, listener),
      isFollowing: () => isFollowing,
    },
    noteUse: () => void uses++,
    clock: { nowMs: () => nowMs, elapsedMs: () => nowMs },
  })
  return {
    authenticate,
    asked: () => asked,
    uses: () => uses,
    set: (given: Partial<Holder> | undefined) => void (found = given && { ...holder, ...given }),
    fail: (error: Error) => void (failure = error),
    at: (ms: number) => void (nowMs = ms),
    follow: (is: boolean) => void (isFollowing = is),
    tell: (kind: 'key' | 'user', id: string) => listeners.get(kind)?.(id),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
  }
}
