// What `zerg audit verify` and `zerg audit prune` share: the data itself, and the keys of its heads.
// They do not ask an instance: what it says of the log would be its own word.

import { loadConfig } from '#config/load.ts'
import type { Config } from '#config/schema.ts'
import { createHeadKeys, type HeadKeys } from '#platform/audit/heads.ts'
import type { Database } from '#platform/postgres/database.ts'
import { openData } from '../../../src/data.ts'
import { settingFlags, typedSettings } from '../../setting-flags.ts'

type Args = Readonly<Record<string, unknown>>

export const dataFlags = {
  json: { type: 'boolean', description: 'Print JSON.' },
  ...settingFlags,
} as const

/** For the details of each such command. */
export const DATA_DETAILS =
  'Works on the database itself: PostgreSQL beside the servers that use it, the embedded one while no server has it open. The secret (ZERG_SECRET, or the file in the data directory) has to be the servers’.'

export type AuditData = { config: Config; database: Database; keys: HeadKeys }

/** Opens the data, and closes it after `work`. */
export async function withAuditData<T>(args: Args, work: (data: AuditData) => Promise<T>) {
  const { config } = loadConfig({ flags: typedSettings(args) })
  const { stores, close } = await openData(config)
  try {
    const { database, secrets } = stores
    return await work({ config, database, keys: createHeadKeys(secrets) })
  } finally {
    await close()
  }
}
