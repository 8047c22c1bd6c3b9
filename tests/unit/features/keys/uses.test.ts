import { expect, test } from 'bun:test'
import { createUses } from '#features/keys/uses.ts'
import type { Use } from '#features/keys/repository.ts'
import { eventually } from '../../../support/eventually.ts'

test('many uses of many keys are one write, with the latest of each, in the order of the ids', async () => {
  const { uses, written, at } = setup()
  at(1)
  for (let count = 0; count < 1_000; count++) for (const id of ['b', 'a']) uses.note(id)
  at(2)
  uses.note('a')
  await uses.close()
  expect(written).toEqual([
    [
      ['a', 2],
      ['b', 1],
    ],
  ])
})

test('they are written by themselves after a while', async () => {
  const { uses, written } = setup({ everyMs: 5 })
  uses.note('a')
  await eventually(() => expect(written).toHaveLength(1))
  uses.note('a')
  await eventually(() => expect(written).toHaveLength(2))
  await uses.close()
  expect(written).toHaveLength(2)
})

test('a write that fails is told, and the next one goes on', async () => {
  const { uses, written, lost, fail } = setup()
  fail(true)
  uses.note('a')
  await uses.close()
  fail(false)
  uses.note('b')
  await uses.close()
  expect([lost(), written]).toEqual([1, [[['b', 0]]]])
})

test('more keys than there is room for are left out until there is', async () => {
  const { uses, written } = setup()
  for (let count = 0; count < 10_500; count++) uses.note(String(count).padStart(6, '0'))
  uses.note('000000')
  await uses.close()
  expect(written[0]).toHaveLength(10_000)
  uses.note('010400')
  await uses.close()
  expect(written[1]).toEqual([['010400', 0]])
})

test('with nothing to write, nobody is asked', async () => {
  const { uses, written } = setup()
  await uses.close()
  expect(written).toEqual([])
})

function setup({ everyMs = 60_000 } = {}) {
  const written: (readonly Use[])[] = []
  let [nowMs, fails, lost] = [0, false, 0]
  const uses = createUses({
    write: async uses => {
      if (fails) throw new Error('gone')
      written.push(uses)
    },
    clock: { nowMs: () => nowMs, elapsedMs: () => nowMs },
    onLost: () => void lost++,
    everyMs,
  })
  return {
    uses,
    written,
    lost: () => lost,
    at: (ms: number) => void (nowMs = ms),
    fail: (is: boolean) => void (fails = is),
  }
}
