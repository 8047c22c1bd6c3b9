import { describe, expect, test } from 'bun:test'
import { createHasher, DUMMY_HASH, isOutdated, PARAMETERS } from '#features/auth/hasher.ts'
import { eventually, rejection } from '../../../support/eventually.ts'

const never = new AbortController().signal
const open = (of: Partial<Parameters<typeof createHasher>[0]> = {}) =>
  createHasher({ concurrency: 1, waitingMax: 2, waitMaxMs: 5_000, ...of })

describe('a password', () => {
  test('is known again by what was kept of it, in whichever form of Unicode it is typed', async () => {
    const hasher = open()
    const kept = await hasher.hash('cre\u0300me bru\u0302le\u0301e', never)
    expect(await hasher.verify('crème brûlée', kept, never)).toBe(true)
    expect(await hasher.verify('creme brulee', kept, never)).toBe(false)
  })

  test('is kept by the parameters of today, with a salt of its own', async () => {
    const hasher = open()
    const [one, other] = [await hasher.hash('same', never), await hasher.hash('same', never)]
    expect(one).not.toBe(other)
    expect([isOutdated(one), isOutdated(DUMMY_HASH)]).toEqual([false, false])
  })

  // Where there is no account the same work is done: not less, and not more.
  test('of nobody is checked by the very same parameters', () => {
    const { memoryCost, timeCost } = PARAMETERS
    expect(DUMMY_HASH).toStartWith(`$argon2id$v=19$m=${memoryCost},t=${timeCost},p=1$`)
  })

  test.each([
    ['less memory', DUMMY_HASH.replace('m=19456', 'm=4096')],
    ['fewer passes', DUMMY_HASH.replace('t=2', 't=1')],
    ['another function', '$2b$10$abcdefghijklmnopqrstuv'],
  ])('that was kept with %s is made anew', (_, kept) => {
    expect(isOutdated(kept)).toBe(true)
  })
})

describe('checking passwords', () => {
  // The event loop has requests to answer meanwhile.
  test('does not hold up the event loop', async () => {
    const hasher = open({ concurrency: 2, waitingMax: 20 })
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const began = performance.now()
    await Promise.all(Array.from({ length: 8 }, () => hasher.verify('x', DUMMY_HASH, never)))
    const tookMs = performance.now() - began
    clearInterval(timer)
    expect(tookMs).toBeGreaterThan(40)
    expect(ticks).toBeGreaterThan(tookMs / 10)
  })

  test('is done a few at a time; the rest waits its turn, and what is beyond that is refused', async () => {
    const hasher = open()
    const three = [1, 2, 3].map(() => hasher.verify('x', DUMMY_HASH, never))
    expect(hasher.figures()).toEqual({ working: 1, waiting: 2 })
    expect(hasher.requireRoom).toThrow(expect.objectContaining({ code: 'sign_in_busy' }))
    expect(await rejection(hasher.verify('x', DUMMY_HASH, never))).toMatchObject({
      code: 'sign_in_busy',
      retryAfterS: 2,
    })
    expect(await Promise.all(three)).toEqual([false, false, false])
    expect(hasher.figures()).toEqual({ working: 0, waiting: 0 })
  })

  test('is given up by who does not wait any longer, and by who has waited too long', async () => {
    const hasher = open({ waitMaxMs: 30 })
    const slow = Array.from({ length: 2 }, () => hasher.hash('x'.repeat(200), never))
    const gone = new AbortController()
    const leaving = hasher.hash('y', gone.signal)
    gone.abort(new Error('hung up'))
    expect(await rejection(leaving)).toMatchObject({ message: 'hung up' })
    await Promise.allSettled(slow)
    await eventually(() => expect(hasher.figures()).toEqual({ working: 0, waiting: 0 }))
  })

  test('goes on after one has failed', async () => {
    const hasher = open()
    const broken = hasher.verify('x', 'no hash at all', never)
    const next = hasher.verify('x', DUMMY_HASH, never)
    expect(await rejection(broken)).toBeInstanceOf(Error)
    expect(await next).toBe(false)
  })
})
