// Limits of a process by itself.

import { LRUCache } from 'lru-cache'
import type { Clock } from '#lib/clock.ts'
import { type Debt, takeOne } from './gcra.ts'
import type { Limiter } from './limiter.ts'

/** Whoever sends from more addresses than this makes us forget those that asked longest ago. */
export const CLIENTS_MAX = 20_000

export function createLocalLimiter({ clock }: { clock: Clock }): Limiter {
  const debts = new LRUCache<string, Debt>({ max: CLIENTS_MAX })

  return {
    take(policy, id) {
      const key = `${policy.name}:${id}`
      let debt = debts.get(key)
      if (!debt) debts.set(key, (debt = { untilMs: 0 }))
      return takeOne(debt, policy, { nowMs: clock.elapsedMs(), sharedBy: 1 })
    },
    figures: () => ({ clients: debts.size, trips: 0, alone: 0 }),
  }
}
