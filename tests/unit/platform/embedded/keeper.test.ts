import { expect, test } from 'bun:test'
import type { Engine } from '#platform/embedded/engine.ts'
import { createKeeper } from '#platform/embedded/keeper.ts'
import { silentLog as log } from '../../../support/embedded.ts'
import { rejection } from '../../../support/eventually.ts'

test('a PostgreSQL that runs is not replaced', async () => {
  const first = engineThat({ failed: false })
  const keeper = createKeeper({ first, log, restart: () => Promise.reject(new Error('asked')) })
  expect(await keeper.engine()).toBe(first)
})

test('one that failed is closed and replaced, once for everybody who asks', async () => {
  const first = engineThat({ failed: true })
  const second = engineThat({ failed: false })
  let restarts = 0
  const restart = async () => {
    expect(first.isClosed()).toBe(true)
    restarts++
    return second
  }
  const keeper = createKeeper({ first, log, restart })
  expect(await Promise.all([keeper.engine(), keeper.engine()])).toEqual([second, second])
  expect(await keeper.engine()).toBe(second)
  expect(restarts).toBe(1)
})

test('one that cannot be replaced is refused like a server that is not there, without trying again at once', async () => {
  let restarts = 0
  const restart = () => {
    restarts++
    return Promise.reject(new Error('no room'))
  }
  const keeper = createKeeper({ first: engineThat({ failed: true }), log, restart })
  for (let attempt = 0; attempt < 3; attempt++)
    expect(await rejection(keeper.engine())).toMatchObject({
      code: 'ECONNREFUSED',
      message: 'Error: no room',
    })
  expect(restarts).toBe(1)
})

test('in memory there is nothing to replace it from', async () => {
  const keeper = createKeeper({ first: engineThat({ failed: true }), log, restart: undefined })
  expect(await rejection(keeper.engine())).toMatchObject({ code: 'ECONNREFUSED', message: 'panic' })
})

test('after closing there is none, and closing twice closes once', async () => {
  const first = engineThat({ failed: false })
  const keeper = createKeeper({ first, log, restart: undefined })
  await Promise.all([keeper.close(), keeper.close()])
  expect(first.closings()).toBe(1)
  expect(await rejection(keeper.engine())).toMatchObject({ code: 'ECONNREFUSED' })
})

function engineThat({ failed }: { failed: boolean }) {
  let closings = 0
  const engine: Engine = {
    greet: () => Buffer.alloc(0),
    exchange: () => Buffer.alloc(0),
    inTransaction: () => false,
    logBytes: () => 0,
    forgetLogBytes: () => {},
    failure: () => (failed ? new Error('panic') : undefined),
    close: async () => void closings++,
  }
  return { ...engine, isClosed: () => closings > 0, closings: () => closings }
}
