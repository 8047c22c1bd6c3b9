// How many instances there are, as one of them knows it.

import { expect, test } from 'bun:test'
import { createCount, PRESENT_MS } from '#platform/redis/presence.ts'

test('it is alone until it hears of others', () => {
  expect(createCount().current()).toBe(1)
})

test('a number that rises counts at once', () => {
  const count = createCount()
  count.hear(2, 0)
  count.hear(4, 1_000)
  expect(count.current()).toBe(4)
})

// A Redis that was restarted empty has heard of nobody else yet.
test('a number that falls counts once everybody had time to speak', () => {
  const count = createCount()
  count.hear(4, 0)
  count.hear(1, 1_000)
  count.hear(2, PRESENT_MS - 1)
  expect(count.current()).toBe(4)
  count.hear(2, PRESENT_MS)
  expect(count.current()).toBe(2)
})

test('a number that was confirmed meanwhile is kept longer', () => {
  const count = createCount()
  count.hear(4, 0)
  count.hear(4, PRESENT_MS - 1)
  count.hear(3, PRESENT_MS)
  expect(count.current()).toBe(4)
})

test('there is always at least one: itself', () => {
  const count = createCount()
  count.hear(0, 0)
  expect(count.current()).toBe(1)
})
