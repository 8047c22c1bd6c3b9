// The limits of a process by itself.

import { systemClock } from '#lib/clock.ts'
import { createLocalLimiter } from '#platform/limits/local-limiter.ts'
import { limiterContract } from '../../../support/contracts/limiter.ts'

limiterContract('in process', async () => ({
  limiter: createLocalLimiter({ clock: systemClock }),
  close: async () => {},
}))
