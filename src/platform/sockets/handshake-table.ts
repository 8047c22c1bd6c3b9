// Connections half-way through their handshake: no descriptor shows them, only the kernel's table does.

import { readFileSync } from 'node:fs'
import type { Diagnosis } from './socket-diagnosis.ts'

const SYN_RECV = '03'

/** How many handshakes to this port are under way. */
export const handshakesOn = (port: number, diagnosis: Diagnosis | undefined): number =>
  diagnosis?.countHandshakes(port) ?? countHandshakesInText(port)

/**
 * The same where netlink is closed to us. It walks over every connection of the network namespace
 * (12–25 ms, and 100 ms with tens of thousands of them in TIME_WAIT), and an asynchronous read under
 * load came back a second late: so synchronously, and rarely.
 */
export function countHandshakesInText(port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return countIn('/proc/self/net/tcp', suffix) + countIn('/proc/self/net/tcp6', suffix)
}

function countIn(path: string, suffix: string): number {
  let table
  try {
    table = readFileSync(path, 'latin1')
  } catch {
    // A kernel without IPv6 has no second table.
    return 0
  }
  let count = 0
  for (const line of table.split('\n').slice(1)) {
    const [, local, , status] = line.trimStart().split(/ +/, 4)
    if (status === SYN_RECV && local?.endsWith(suffix)) count += 1
  }
  return count
}
