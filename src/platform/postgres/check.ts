// Whether the database answers, for /ready and the operations port.

import type { Check } from '../health/check.ts'
import type { Database } from './database.ts'

export const databaseCheck = (database: Database): Check => ({
  name: 'database',
  run: async signal => {
    await database.ping(signal)
    return database.kind
  },
  figures() {
    const { max, inUse, idle, waiting, timeoutsTotal } = database.figures()
    return { max, in_use: inUse, idle, waiting, timeouts_total: timeoutsTotal }
  },
})
