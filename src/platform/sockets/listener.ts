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
  /** Nothing has ever come on it. */
  isUnused(connection: OpenConnection): boolean
  /** Made, but not accepted by us yet. */
  queued(): number
  /** Half made. Costs a walk over the kernel's table, some 10 ms. */
  handshaking(): number
  /** From here on nobody can connect. Returns how, or undefined where the kernel offers no way. */
  stopHandshakes(): Way | undefined
  /** Connections found after `stopHandshakes` were on their way in: lets their requests through. */
  admit(connections: readonly OpenConnection[]): void
  /**
   * Ends connections on which nothing has ever come, such as those that browsers open in advance. Bun
   * takes them for busy, and would wait for them. Returns how many.
   */
  closeUnused(): number
}

const IPPROTO_TCP = 6
const TCP_DEFER_ACCEPT = [IPPROTO_TCP, 9] as const
const TCP_INFO = [IPPROTO_TCP, 11] as const
// In `struct tcp_info`. Of a listener, `tcpi_unacked` is the length of its accept queue.
const TCP_INFO_BYTES = 192
const UNACKED_OFFSET = 24
const BYTES_RECEIVED_OFFSET = 128
const SHUT_RDWR = 2

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
    isUnused: ({ fd }) => hasReceivedNothing(libc, fd),
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
    closeUnused() {
      const unused = connectionsOn(libc, port).filter(({ fd }) => hasReceivedNothing(libc, fd))
      for (const { fd } of unused) libc.shutdown(fd, SHUT_RDWR)
      return unused.length
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

const queueOf = (libc: Libc, fd: number): number =>
  readTcpInfo(libc, fd)?.getUint32(UNACKED_OFFSET, true) ?? 0

// Kernels before 4.1 do not count bytes; theirs are then left alone.
function hasReceivedNothing(libc: Libc, fd: number): boolean {
  const info = readTcpInfo(libc, fd)
  if (!info || info.byteLength < BYTES_RECEIVED_OFFSET + 8) return false
  return info.getBigUint64(BYTES_RECEIVED_OFFSET, true) === 0n
}

function readTcpInfo(libc: Libc, fd: number): DataView | undefined {
  const info = new Uint8Array(TCP_INFO_BYTES)
  const length = new Uint32Array([info.length])
  if (libc.getsockopt(fd, ...TCP_INFO, info, length) !== 0) return undefined
  return new DataView(info.buffer, 0, length[0])
}
