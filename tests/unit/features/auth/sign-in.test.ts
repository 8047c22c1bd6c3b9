import { describe, expect, test } from 'bun:test'
import type { Account, AccountRepository } from '#features/auth/account-repository.ts'
import type { Attempts } from '#features/auth/attempts.ts'
import { DUMMY_HASH, type Hasher } from '#features/auth/hasher.ts'
import { createSignIn } from '#features/auth/sign-in.ts'
import { ANONYMOUS, callerOf } from '#lib/caller.ts'
import { AppError } from '#lib/errors.ts'
import { newId } from '#lib/id.ts'
import { createMetrics } from '#platform/observability/metrics.ts'
import { rejection } from '../../../support/eventually.ts'

const EMAIL = 'ada@example.com'

// What differs could be told from outside, by what it says or by how long it takes.
describe('what is done for a sign-in', () => {
  const inactive = { ...account(), is_active: false }
  test.each<[string, Account | undefined, boolean]>([
    ['a wrong password', account(), false],
    ['nobody', undefined, false],
    ['nobody, by the password of the dummy', undefined, true],
    ['a disabled user with the right password', inactive, true],
    ['a user without a password', { ...account(), password_hash: null }, true],
  ])('of %s is the same', async (_, found, isRight) => {
    const { login, done } = setup({ found, isRight })
    expect(await rejection(login())).toMatchObject({
      code: 'invalid_credentials',
      message: 'The e-mail address or the password is not right.',
    })
    expect(done).toEqual(['room', 'find', 'count', 'verify', 'note'])
  })

  test('checks nothing that has to wait, and asks nothing of the database in a crowd', async () => {
    const slowed = setup({ slowed: new AppError('sign_in_slowed', 'Wait.') })
    expect(await rejection(slowed.login())).toMatchObject({ code: 'sign_in_slowed' })
    expect(slowed.done).toEqual(['room', 'find', 'count'])
    const crowded = setup({ full: new AppError('sign_in_busy', 'Full.') })
    expect(await rejection(crowded.login())).toMatchObject({ code: 'sign_in_busy' })
    expect(crowded.done).toEqual(['room'])
  })

  test('checks a hash that is as costly where there is none', async () => {
    const { login, checked } = setup({ found: undefined })
    await rejection(login())
    expect(checked).toEqual([DUMMY_HASH])
  })
})

test('who was turned away in a crowd has not failed', async () => {
  const { login, done } = setup({ busy: new AppError('sign_in_busy', 'Full.') })
  expect(await rejection(login())).toMatchObject({ code: 'sign_in_busy' })
  expect(done).toEqual(['room', 'find', 'count', 'verify', 'take back'])
})

test('sign-ins are counted by how they ended', async () => {
  const { login, metrics } = setup({})
  await rejection(login())
  const { values } = await metrics.auth.signIns.get()
  expect(values).toMatchObject([{ labels: { outcome: 'refused' }, value: 1 }])
})

function account(): Account {
  return {
    id: newId(),
    email: EMAIL,
    name: 'Ada',
    roles: ['user'],
    is_active: true,
    password_hash: DUMMY_HASH,
    is_known: false,
  }
}

type Given = {
  found?: Account | undefined
  isRight?: boolean
  slowed?: AppError
  full?: AppError
  busy?: AppError
}

function setup({ found, isRight = false, slowed, full, busy }: Given) {
  const done: string[] = []
  const checked: string[] = []
  const unused = () => Promise.reject(new Error('This is not asked for.'))
  const metrics = createMetrics()
  const accounts = {
    byEmail: async () => {
      done.push('find')
      return found
    },
  } as Partial<AccountRepository> as AccountRepository
  const attempts: Attempts = {
    begin: async () => {
      done.push('count')
      if (slowed) throw slowed
      return { network: Buffer.of(), account: Buffer.of() }
    },
    succeeded: unused,
    notLookedAt: async () => void done.push('take back'),
  }
  const hasher: Hasher = {
    hash: unused,
    verify: async (_, kept) => {
      done.push('verify')
      checked.push(kept)
      if (busy) throw busy
      return isRight
    },
    requireRoom: () => {
      done.push('room')
      if (full) throw full
    },
    figures: () => ({ working: 0, waiting: 0 }),
  }
  const { login } = createSignIn({
    database: { on: () => ({ run: unused }), transaction: unused },
    accounts,
    attempts,
    hasher,
    sessions: { begin: unused, tokensOf: unused, endAll: unused },
    revocations: { spread: () => undefined },
    record: unused,
    refusals: { note: () => void done.push('note') },
    metrics,
  })
  const from = { via: 'http', requestId: 'test', traceId: null, address: '192.0.2.1' } as const
  const call = {
    caller: callerOf(ANONYMOUS, from),
    signal: new AbortController().signal,
    deadlineAtMs: Infinity,
  }
  return { done, checked, metrics, login: () => login(call, { email: EMAIL, password: 'x' }, null) }
}
