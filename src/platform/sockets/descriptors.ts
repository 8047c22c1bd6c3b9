// Which of this process's descriptors are sockets on a port of ours. Bun exposes neither the listener
// nor a count of its connections; the kernel does.

import { readdirSync, readlinkSync } from 'node:fs'
import { openLibc } from './libc.ts'

const AF_INET = 2
const AF_INET6 = 10
const SOL_SOCKET = 1
const SO_ACCEPTCONN = 30

export type Libc = NonNullable<ReturnType<typeof openSocketCalls>>

export const openSocketCalls = () =>
  openLibc({
    getsockname: { args: ['i32', 'ptr', 'ptr'], returns: 'i32' },
    getsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'ptr'], returns: 'i32' },
    setsockopt: { args: ['i32', 'i32', 'i32', 'ptr', 'u32'], returns: 'i32' },
    shutdown: { args: ['i32', 'i32'], returns: 'i32' },
  })

export type Descriptor = { fd: number; family: 'ipv4' | 'ipv6'; isListener: boolean }

/** Every socket of this process whose local port is this one. */
export function descriptorsOn(libc: Libc, port: number): Descriptor[] {
  const found: Descriptor[] = []
  const address = new Uint8Array(128)
  const length = new Uint32Array(1)
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name)
    length[0] = address.length
    // Most descriptors are not sockets, and some are closed by now: both are refused here.
    if (libc.getsockname(fd, address, length) !== 0) continue
    const family = address[0]! | (address[1]! << 8)
    if (family !== AF_INET && family !== AF_INET6) continue
    if (((address[2]! << 8) | address[3]!) !== port) continue
    found.push({
      fd,
      family: family === AF_INET ? 'ipv4' : 'ipv6',
      isListener: readOption(libc, fd, [SOL_SOCKET, SO_ACCEPTCONN]) === 1,
    })
  }
  return found
}

/** `socket:[inode]`: unlike the number, it is not given to another socket. Undefined once closed. */
export function identityOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return undefined
  }
}

type Option = readonly [level: number, name: number]

/** Undefined where the socket has no such option. */
export function readOption(libc: Libc, fd: number, [level, name]: Option): number | undefined {
  const value = new Int32Array(1)
  const failed = libc.getsockopt(fd, level, name, value, new Uint32Array([4])) !== 0
  return failed ? undefined : value[0]
}

/** True when the kernel took it. */
export const writeOption = (
  libc: Libc,
  fd: number,
  [level, name, value]: readonly [...Option, number],
) => libc.setsockopt(fd, level, name, new Int32Array([value]), 4) === 0
