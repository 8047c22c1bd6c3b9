// What a limiter has to do, whether it counts in this process or in Redis. Times are real ones, since
// Redis has a clock of its own: windows are long where nothing may come back, short where it has to.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newId } from '#lib/id.ts'
import type { Decision } from '#platform/limits/decision.ts'
import type { Limiter } from '#platform/limits/limiter.ts'
import { createPolicy } from '#platform/limits/policy.ts'
import { eventually } from '../eventually.ts'

export type LimiterUnderTest = { limiter: Limiter; close(): Promise<void> }

const HOUR_MS = 3_600_000

/** Declares the suite. */
export function limiterContract(name: string, open: () => Promise<LimiterUnderTest>): void {
  describe(name, () => {
    let under: LimiterUnderTest
    beforeAll(async () => {
      under = await open()
    }, 30_000)
    afterAll(async () => await under?.close())

    const policyOf = (limit: number, windowMs = HOUR_MS) =>
      createPolicy(`p${newId()}`, { limit, windowMs })
    const take = async (policy: ReturnType<typeof policyOf>, id = 'ada') =>
      await under.limiter.take(policy, id)
    const allowedOf = (decisions: readonly Decision[]) =>
      decisions.filter(({ allowed }) => allowed).length

    test.each([1, 3, 199, 200, 1_000])(
      'of a limit of %i exactly so many are allowed, one after the other',
      async limit => {
        const policy = policyOf(limit)
        const decisions: Decision[] = []
        for (let count = 0; count < limit + 20; count++) decisions.push(await take(policy))
        expect(allowedOf(decisions)).toBe(limit)
        expect(decisions.slice(0, limit).every(({ allowed }) => allowed)).toBe(true)
      },
    )

    test.each([5, 150, 400])(
      'of a limit of %i exactly so many are allowed, all at once',
      async limit => {
        const policy = policyOf(limit)
        const asked = Array.from({ length: limit * 2 }, () => take(policy))
        expect(allowedOf(await Promise.all(asked))).toBe(limit)
      },
    )

    test('what is left is told, and falls to nothing', async () => {
      const policy = policyOf(4)
      const left: number[] = []
      for (let count = 0; count < 5; count++) left.push((await take(policy)).remaining)
      expect(left).toEqual([3, 2, 1, 0, 0])
    })

    test('of a large limit what is left is told as well', async () => {
      const policy = policyOf(500)
      const left: number[] = []
      for (let count = 0; count < 501; count++) left.push((await take(policy)).remaining)
      expect(left).toEqual([...Array.from({ length: 500 }, (_, index) => 499 - index), 0])
    })

    test('whoever is refused is told when to come back, and when all of it is back', async () => {
      const policy = policyOf(2, 60_000)
      const [first] = [await take(policy), await take(policy)]
      expect(first).toMatchObject({ allowed: true, retryAfterS: 0, resetS: 30 })
      const refused = await take(policy)
      expect(refused).toMatchObject({ allowed: false, policy, remaining: 0 })
      expect(refused.retryAfterS).toBeGreaterThanOrEqual(29)
      expect(refused.retryAfterS).toBeLessThanOrEqual(30)
      expect(refused.resetS).toBeGreaterThanOrEqual(59)
      expect(refused.resetS).toBeLessThanOrEqual(60)
    })

    test('it comes back evenly: after a part of the window a part of the limit', async () => {
      const policy = policyOf(10, 1_000)
      await Promise.all(Array.from({ length: 10 }, () => take(policy)))
      expect((await take(policy)).allowed).toBe(false)
      const startedAtMs = performance.now()
      await eventually(async () => expect((await take(policy)).allowed).toBe(true))
      expect(performance.now() - startedAtMs).toBeLessThan(500)
      // Asking in vain costs nothing.
      await eventually(async () => expect((await take(policy)).allowed).toBe(true))
    })

    test('one client never uses up what another has, nor one limit what another allows', async () => {
      const [policy, other] = [policyOf(2), policyOf(2)]
      for (let count = 0; count < 3; count++) await take(policy, 'ada')
      expect((await take(policy, 'bob')).allowed).toBe(true)
      expect((await take(other, 'ada')).allowed).toBe(true)
      expect((await take(policy, 'ada')).allowed).toBe(false)
    })

    test('more clients than are remembered cost no more memory', async () => {
      const policy = policyOf(1_000)
      for (let batch = 0; batch < 45; batch++)
        await Promise.all(
          Array.from({ length: 500 }, (_, index) => take(policy, `c${batch}-${index}`)),
        )
      expect(under.limiter.figures().clients).toBeLessThanOrEqual(20_000)
    }, 30_000)
  })
}
