// The kernel's side of a port that we listen on: who is connected, who waits, and how to let nobody
// else in. Linux only; elsewhere there is no such view and `findListener` says so.

import {
  type Descriptor,
  descriptorsOn,
  identityOf,
  type Libc,
  openSocketCalls,
  writeOption,
} from './descriptors.ts'
import { acceptAnyTtl, stopHandshakes, type Way } from './handshakes.ts'
import { handshakesOn } from './handshake-table.ts'
import { openDiagnosis } from './socket-diagnosis.ts'

export type OpenConnection = { fd: number; id: string; family: 'ipv4' | 'ipv6' }

export type ListenerSocket = {
  /** Asked for at boot: connections are accepted when made, not when their first byte comes. */
  prepare(): void
  connections(): OpenConnection[]
  isOpen(connection: OpenConnection): boolean
  /** Made, but not accepted by us yet. */
  queued(): number
  /** Half made. Costs a walk over the kernel's table, some 10 ms. */
  handshaking(): number
  /** From here on nobody can connect. Returns how, or undefined where the kernel offers no way. */
  stopHandshakes(): Way | undefined
  /** Connections found after `stopHandshakes` were on their way in: lets their requests through. */
  admit(connections: readonly OpenConnection[]): void
}

const IPPROTO_TCP = 6
const TCP_DEFER_ACCEPT = [IPPROTO_TCP, 9] as const
const TCP_INFO = [IPPROTO_TCP, 11] as const
// Of a listener's `struct tcp_info`, `tcpi_unacked` is the length of its accept queue.
const UNACKED_OFFSET = 24

/** The listening socket of this process on that port. */
export function findListener(port: number): ListenerSocket | undefined {
  const libc = openSocketCalls()
  const listener = libc && descriptorsOn(libc, port).find(({ isListener }) => isListener)
  return libc && listener && describe(libc, listener, port)
}

function describe(libc: Libc, listener: Descriptor, port: number): ListenerSocket {
  const diagnosis = openDiagnosis()
  let way: Way | undefined
  const admitted = new Set<string>()
  return {
    // Bun defers accepting, which hides connections without a request from us.
    prepare: () => void writeOption(libc, listener.fd, [...TCP_DEFER_ACCEPT, 0]),
    connections: () => connectionsOn(libc, port),
    isOpen: ({ fd, id }) => identityOf(fd) === id,
    queued: () => queueOf(libc, listener.fd),
    handshaking: () => handshakesOn(port, diagnosis),
    stopHandshakes: () => (way = stopHandshakes(libc, listener)),
    admit(connections) {
      if (way !== 'ttl') return
      for (const { fd, id, family } of connections) {
        if (admitted.has(id)) continue
        acceptAnyTtl(libc, { fd, family, isListener: false })
        admitted.add(id)
      }
    },
  }
}

function connectionsOn(libc: Libc, port: number): OpenConnection[] {
  const open: OpenConnection[] = []
  for (const { fd, family, isListener } of descriptorsOn(libc, port)) {
    const id = isListener ? undefined : identityOf(fd)
    if (id !== undefined) open.push({ fd, id, family })
  }
  return open
}

function queueOf(libc: Libc, fd: number): number {
  const info = new Uint8Array(104)
  const failed = libc.getsockopt(fd, ...TCP_INFO, info, new Uint32Array([info.length])) !== 0
  return failed ? 0 : new DataView(info.buffer).getUint32(UNACKED_OFFSET, true)
}
