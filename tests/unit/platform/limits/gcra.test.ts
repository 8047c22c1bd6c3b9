// The algorithm by itself, with a clock that stands still unless it is moved.

import { expect, test } from 'bun:test'
import { takeOne } from '#platform/limits/gcra.ts'
import { createPolicy } from '#platform/limits/policy.ts'

const allowedIn = (limit: number, { sharedBy = 1, forMs = 0, everyMs = 1 } = {}) => {
  const policy = createPolicy('read', { limit, windowMs: 60_000 })
  const debt = { untilMs: 0 }
  let allowed = 0
  for (let nowMs = 1_000_000; nowMs <= 1_000_000 + forMs; nowMs += everyMs)
    for (let count = 0; count < limit + 1; count++)
      if (takeOne(debt, policy, { nowMs, sharedBy }).allowed) allowed++
  return allowed
}

test.each([1, 3, 7, 60, 997, 6_000, 1_000_000])('a limit of %i allows so many at once', limit => {
  expect(allowedIn(limit)).toBe(limit)
})

test('and from then on so many in each window', () => {
  expect(allowedIn(60, { forMs: 60_000, everyMs: 250 })).toBe(120)
  expect(allowedIn(60, { forMs: 120_000, everyMs: 250 })).toBe(180)
})

test.each([
  [600, 4, 150],
  [10, 4, 2],
  [10, 20, 1],
  [1, 3, 1],
])('a limit of %i among %i allows %i at once', (limit, sharedBy, allowed) => {
  expect(allowedIn(limit, { sharedBy })).toBe(allowed)
})

test('a small limit among many comes back as slowly as its part says', () => {
  expect(allowedIn(10, { sharedBy: 20, forMs: 240_000, everyMs: 1_000 })).toBe(3)
})
