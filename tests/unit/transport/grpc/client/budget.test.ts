import { describe, expect, test } from 'bun:test'
import { createRetryBudget } from '#transport/grpc/client/budget.ts'

describe('the budget of repetitions', () => {
  test('holds what one lost instance takes along, and no more', () => {
    const { budget } = setup()
    expect(taken(budget)).toBe(200)
    expect(budget.take()).toBe(false)
  })

  test('grows by a tenth of what succeeds', () => {
    const { budget } = setup()
    taken(budget)
    for (let call = 0; call < 30; call++) budget.succeeded()
    expect(taken(budget)).toBe(3)
  })

  test('grows with time, so that a service in trouble is tried now and then', () => {
    const { budget, pass } = setup()
    taken(budget)
    pass(2_000)
    expect(taken(budget)).toBe(10)
    pass(3_600_000)
    expect(taken(budget)).toBe(200)
  })
})

function taken(budget: ReturnType<typeof createRetryBudget>) {
  let count = 0
  while (count < 1_000 && budget.take()) count++
  return count
}

function setup() {
  let nowMs = 0
  return { budget: createRetryBudget(() => nowMs), pass: (ms: number) => void (nowMs += ms) }
}
