// Stops new connections without closing the listener, so that what waits in its queue is not reset.
// Whoever comes meanwhile repeats its SYN a second later and is then refused, having sent nothing.

import { ptr } from 'bun:ffi'
import { type Descriptor, type Libc, writeOption } from './descriptors.ts'

/** `filter` drops only SYNs but needs rights; `ttl` works as any user. */
export type Way = 'filter' | 'ttl'

const SO_ATTACH_FILTER = [1, 26] as const
const IP_MINTTL = [0, 21] as const
const IPV6_MINHOPCOUNT = [41, 73] as const

// Packets come with 64, 128 or, from the other side of a router, 254 at most.
const TTL_OF_NOBODY = 255

export function stopHandshakes(libc: Libc, listener: Descriptor): Way | undefined {
  if (dropSyns(libc, listener.fd)) return 'filter'
  return setTtlMin(libc, listener, TTL_OF_NOBODY) ? 'ttl' : undefined
}

/**
 * A connection that was made while the listener refused small TTLs has inherited that, and would
 * never hear its first request.
 */
export const acceptAnyTtl = (libc: Libc, connection: Descriptor) =>
  void setTtlMin(libc, connection, 0)

// A socket on `::` speaks IPv4 too, and then takes both options; an IPv4 one refuses the second.
function setTtlMin(libc: Libc, { fd, family }: Descriptor, ttl: number): boolean {
  const v4 = writeOption(libc, fd, [...IP_MINTTL, ttl])
  const v6 = family === 'ipv6' && writeOption(libc, fd, [...IPV6_MINHOPCOUNT, ttl])
  return family === 'ipv6' ? v6 : v4
}

// Classic BPF over the TCP header: code, jump if true, jump if false, operand.
const DROP_SYNS = [
  [0x30, 0, 0, 13], // load the byte of flags
  [0x45, 0, 1, 0x02], // SYN?
  [0x06, 0, 0, 0], // then nothing of it gets through
  [0x06, 0, 0, 0xff_ff], // else all of it
] as const

function dropSyns(libc: Libc, fd: number): boolean {
  const code = new DataView(new ArrayBuffer(DROP_SYNS.length * 8))
  for (const [index, [operation, ifTrue, ifFalse, operand]] of DROP_SYNS.entries()) {
    code.setUint16(index * 8, operation, true)
    code.setUint8(index * 8 + 2, ifTrue)
    code.setUint8(index * 8 + 3, ifFalse)
    code.setUint32(index * 8 + 4, operand, true)
  }
  const instructions = new Uint8Array(code.buffer)
  const program = new DataView(new ArrayBuffer(16))
  program.setUint16(0, DROP_SYNS.length, true)
  program.setBigUint64(8, BigInt(ptr(instructions)), true)
  return libc.setsockopt(fd, ...SO_ATTACH_FILTER, new Uint8Array(program.buffer), 16) === 0
}
