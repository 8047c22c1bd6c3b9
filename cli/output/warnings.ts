// What a server that starts has to say loudly about how it is configured.

import { isIP } from 'node:net'
import type { Config } from '#config/schema.ts'

export type Warning = { message: string; details: Record<string, string> }

export function warnings({ http, database, embedded }: Config): Warning[] {
  const found: Warning[] = []
  if (!isLoopback(http.host))
    found.push({
      message: 'open_to_the_network',
      details: {
        host: http.host,
        why: 'Every port answers whoever reaches it, without TLS: tokens can be read on the way.',
        fix: 'Leave HOST out to listen on this machine alone, or put a proxy in front that speaks TLS.',
      },
    })
  if (database.url === undefined)
    found.push({
      message: 'embedded_database',
      details: {
        data: embedded.ephemeral ? 'in memory, gone at the end' : embedded.dataDir,
        why: 'The embedded database is for development: one process, one connection.',
        fix: 'Set DATABASE_URL for production.',
      },
    })
  if (database.url === undefined && !embedded.ephemeral && !embedded.sync)
    found.push({
      message: 'writes_are_not_synced',
      details: {
        why: 'ZERG_EMBEDDED_SYNC is off, so a power cut can lose acknowledged writes.',
        fix: 'Leave ZERG_EMBEDDED_SYNC out.',
      },
    })
  return found
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
