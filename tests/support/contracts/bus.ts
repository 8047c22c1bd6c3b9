// What a bus has to do, whether it stays in one process or goes through Redis. `open` gives two ends,
// which are the same one where there is only one process.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Bus } from '#platform/redis/bus.ts'
import { eventually } from '../eventually.ts'

export type BusUnderTest = { here: Bus; there: Bus; close(): Promise<void> }

/** Declares the suite. */
export function busContract(name: string, open: () => Promise<BusUnderTest>): void {
  describe(name, () => {
    let under: BusUnderTest
    beforeAll(async () => {
      under = await open()
    }, 30_000)
    afterAll(async () => await under?.close())

    test('a listener that throws keeps no other from hearing', async () => {
      const { heard, listener, end } = ear()
      const endBroken = under.there.subscribe('revocations', () => {
        throw new Error('broken')
      })
      const endGood = under.there.subscribe('revocations', listener)
      under.here.publish('revocations', 'one')
      await eventually(() => expect(heard).toEqual(['one']))
      end(endBroken, endGood)
    })

    test('who has stopped listening hears nothing more, and the others still do', async () => {
      const [gone, staying] = [ear(), ear()]
      const endGone = under.there.subscribe('revocations', gone.listener)
      const endStaying = under.there.subscribe('revocations', staying.listener)
      endGone()
      endGone()
      under.here.publish('revocations', 'two')
      await eventually(() => expect(staying.heard).toEqual(['two']))
      expect(gone.heard).toEqual([])
      endStaying()
    })

    test('what is said on one channel is not heard on another', async () => {
      const [keys, revocations] = [ear(), ear()]
      const endKeys = under.there.subscribe('signing-keys', keys.listener)
      const endRevocations = under.there.subscribe('revocations', revocations.listener)
      under.here.publish('signing-keys', 'new')
      under.here.publish('revocations', 'after')
      await eventually(() => expect(revocations.heard).toEqual(['after']))
      await eventually(() => expect(keys.heard).toEqual(['new']))
      keys.end(endKeys, endRevocations)
    })

    test('whoever speaks hears it too, once, and only when done speaking', async () => {
      const { heard, listener, end } = ear()
      const ending = under.here.subscribe('revocations', listener)
      under.here.publish('revocations', 'mine')
      expect(heard).toEqual([])
      await eventually(() => expect(heard).toEqual(['mine']))
      under.here.publish('revocations', 'another')
      await eventually(() => expect(heard).toEqual(['mine', 'another']))
      end(ending)
    })

    test('messages of one speaker come in their order, and as they were', async () => {
      const { heard, listener, end } = ear()
      const ending = under.there.subscribe('revocations', listener)
      const said = [...Array.from({ length: 50 }, (_, index) => `${index}`), '', 'ü "€" \n x']
      for (const message of said) under.here.publish('revocations', message)
      await eventually(() => expect(heard).toEqual(said))
      end(ending)
    })
  })
}

function ear() {
  const heard: string[] = []
  return {
    heard,
    listener: (message: string) => void heard.push(message),
    end: (...endings: (() => void)[]) => {
      for (const ending of endings) ending()
    },
  }
}
