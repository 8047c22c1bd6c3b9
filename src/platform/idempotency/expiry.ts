// Forgets what was kept for a day. What has expired is no longer answered with in any case; this
// only makes room.

import type { PeriodicTask } from '../periodic/periodic.ts'
import type { Database } from '../postgres/database.ts'
import { removeExpired } from './claims.ts'

const EVERY_MS = 600_000

export const keyExpiry = ({ database }: { database: Pick<Database, 'on'> }): PeriodicTask => ({
  name: 'idempotency-expiry',
  everyMs: EVERY_MS,
  run: async signal => {
    // In parts, so that no statement holds many rows for long.
    while ((await removeExpired(database.on(signal))) > 0);
  },
})
