// Which process listens on a port, for the message that says the port is taken (Linux).

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export type PortOwner = { pid: number; command: string }

const LISTEN = '0A'

/** Undefined where the platform does not tell, or where it is another user's process. */
export function ownerOfPort(port: number): PortOwner | undefined {
  const sockets = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(table => listeners(table, port)),
  )
  if (sockets.size === 0) return undefined
  for (const pid of list('/proc').filter(name => /^\d+$/.test(name)))
    if (list(`/proc/${pid}/fd`).some(fd => sockets.has(target(`/proc/${pid}/fd/${fd}`))))
      return { pid: Number(pid), command: commandOf(pid) }
  return undefined
}

// Columns of a row: number, local address, remote address, state, …, inode in the tenth place.
function listeners(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return lines(table).flatMap(line => {
    const columns = line.trim().split(/\s+/)
    const isIt = columns[1]?.endsWith(suffix) && columns[3] === LISTEN
    return isIt ? [`socket:[${columns[9]}]`] : []
  })
}

function commandOf(pid: string): string {
  const words = lines(`/proc/${pid}/cmdline`).join(' ').split('\0').filter(Boolean)
  return words.length > 0 ? words.join(' ').slice(0, 120) : 'unknown'
}

// Processes come and go, and not every one may be looked at: what cannot be read is not there.
const lines = (file: string): string[] => attempt(() => readFileSync(file, 'utf8').split('\n'), [])
const list = (folder: string): string[] => attempt(() => readdirSync(folder), [])
const target = (link: string): string => attempt(() => readlinkSync(link), '')

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}
