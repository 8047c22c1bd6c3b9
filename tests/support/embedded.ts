// An embedded PostgreSQL for a test: in memory, migrated, and gone with `close`.

import pino from 'pino'
import { type Embedded, openEmbedded } from '#platform/embedded/index.ts'

export const silentLog = pino({ level: 'silent' })

/** In memory. What it was opened with can be overridden, for a database on disk. */
export const openTestEmbedded = (
  given: Partial<Parameters<typeof openEmbedded>[0]> = {},
): Promise<Embedded> =>
  openEmbedded({ dataDir: '', ephemeral: true, sync: true, log: silentLog, ...given })
