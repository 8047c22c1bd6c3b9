// Every check there is of what this instance depends on, in the order that health shows them.

import type { Check } from '#platform/health/check.ts'
import { databaseCheck } from '#platform/postgres/check.ts'
import { redisCheck } from '#platform/redis/check.ts'
import type { App } from './app.ts'
import type { Platform } from '#platform/index.ts'

export const checksOf = (platform: Platform, app: App): readonly Check[] => [
  databaseCheck(platform.database),
  ...(platform.redis ? [redisCheck(platform.redis)] : []),
  ...(app.remote ? [app.remote.check] : []),
]
