// Asks the kernel for its half-made connections by netlink (sock_diag(7)), as `ss` does: it leaves out
// everything else, where the text tables in /proc are written for every connection there is.

import { openLibc } from './libc.ts'

const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC = 3 | 0x8_00_00
const NETLINK_SOCK_DIAG = 4
const SOCK_DIAG_BY_FAMILY = 20
const REQUEST_AND_DUMP = 0x1 | 0x3_00
const MSG_DONTWAIT = 0x40
const IPPROTO_TCP = 6
const FAMILIES = [2, 10] // AF_INET, AF_INET6
// A handshake under way is NEW_SYN_RECV inside the kernel, SYN_RECV outside.
const SYN_RECV_STATES = (1 << 3) | (1 << 12)

const HEADER_BYTES = 16
const REQUEST_BYTES = HEADER_BYTES + 56
const NLMSG_ERROR = 2
const NLMSG_DONE = 3

export type Diagnosis = NonNullable<ReturnType<typeof openDiagnosis>>

/** Undefined where there is no such kernel. */
export function openDiagnosis() {
  const libc = openLibc({
    socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
    send: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' },
    recv: { args: ['i32', 'ptr', 'u64', 'i32'], returns: 'i64' },
    close: { args: ['i32'], returns: 'i32' },
  })
  if (!libc) return undefined
  const answer = new Uint8Array(32_768)
  return { countHandshakes }

  /** How many to this port are under way; undefined where the kernel does not answer. */
  function countHandshakes(port: number): number | undefined {
    const fd = libc!.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_SOCK_DIAG)
    if (fd < 0) return undefined
    try {
      let count = 0
      for (const family of FAMILIES) {
        const found = ask(fd, toRequest(family, port))
          ? countAnswers(() => read(fd), port)
          : undefined
        if (found === undefined) return undefined
        count += found
      }
      return count
    } finally {
      libc!.close(fd)
    }
  }

  function ask(fd: number, request: Uint8Array): boolean {
    return libc!.send(fd, request, request.length, 0) > 0
  }

  // A dump is ready when it has been asked for: nothing here waits.
  function read(fd: number): Uint8Array {
    const length = Number(libc!.recv(fd, answer, answer.length, MSG_DONTWAIT))
    return answer.subarray(0, Math.max(0, length))
  }
}

// `struct nlmsghdr`, then `struct inet_diag_req_v2` with nothing but states and our port.
function toRequest(family: number, port: number): Uint8Array {
  const request = new DataView(new ArrayBuffer(REQUEST_BYTES))
  request.setUint32(0, REQUEST_BYTES, true)
  request.setUint16(4, SOCK_DIAG_BY_FAMILY, true)
  request.setUint16(6, REQUEST_AND_DUMP, true)
  request.setUint8(HEADER_BYTES, family)
  request.setUint8(HEADER_BYTES + 1, IPPROTO_TCP)
  request.setUint32(HEADER_BYTES + 4, SYN_RECV_STATES, true)
  request.setUint16(HEADER_BYTES + 8, port)
  return new Uint8Array(request.buffer)
}

function countAnswers(read: () => Uint8Array, port: number): number | undefined {
  let count = 0
  for (;;) {
    const bytes = read()
    if (bytes.length < HEADER_BYTES) return undefined
    const messages = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let at = 0
    while (at + HEADER_BYTES <= bytes.length) {
      const type = messages.getUint16(at + 4, true)
      if (type === NLMSG_DONE) return count
      if (type === NLMSG_ERROR) return undefined
      // After family, state, timer and retransmissions: the local port, in network order.
      if (messages.getUint16(at + HEADER_BYTES + 4) === port) count += 1
      at += Math.max(HEADER_BYTES, (messages.getUint32(at, true) + 3) & ~3)
    }
  }
}
