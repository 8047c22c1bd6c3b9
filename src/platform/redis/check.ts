// Whether Redis answers, for /ready and the operations port.

import type { Check } from '../health/check.ts'
import type { Redis } from './redis.ts'

export const redisCheck = (redis: Redis): Check => ({
  name: 'redis',
  run: async () => {
    await redis.ping()
    return redis.figures().kind
  },
  figures() {
    const { inFlight, outages, instances } = redis.figures()
    return { in_flight: inFlight, outages, instances }
  },
})
