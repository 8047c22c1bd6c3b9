// An HTTP/2 server, frame by frame, that begins no call: it refuses every stream, or tells its
// client to go away and not to wait for what it has sent.

import { createServer, type AddressInfo, type Socket } from 'node:net'

export type Refusal = 'REFUSED_STREAM' | 'GOAWAY'

const [HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY] = [1, 3, 4, 6, 7]
const ACK = 1
const REFUSED_STREAM = 7
const PREFACE_BYTES = 24

export async function openRefusing(how: Refusal) {
  let refused = 0
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.write(frame(SETTINGS, 0))
    let unread: Buffer = Buffer.alloc(0)
    let isGreeted = false
    socket.on('data', bytes => {
      unread = Buffer.concat([unread, bytes])
      if (!isGreeted && unread.length < PREFACE_BYTES) return
      if (!isGreeted) unread = unread.subarray(PREFACE_BYTES)
      isGreeted = true
      while (unread.length >= 9 && unread.length >= 9 + unread.readUIntBE(0, 3)) {
        const end = 9 + unread.readUIntBE(0, 3)
        answer(socket, unread.subarray(0, end))
        unread = unread.subarray(end)
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    address: `127.0.0.1:${port}`,
    count: () => refused,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }

  function answer(socket: Socket, received: Buffer) {
    const [type, flags] = [received[3], received[4]!]
    const streamId = received.readUInt32BE(5)
    if (type === SETTINGS && !(flags & ACK)) socket.write(frame(SETTINGS, 0, { flags: ACK }))
    if (type === PING && !(flags & ACK))
      socket.write(frame(PING, 0, { flags: ACK, payload: received.subarray(9) }))
    if (type !== HEADERS) return
    refused++
    if (how === 'REFUSED_STREAM')
      socket.write(frame(RST_STREAM, streamId, { payload: u32(REFUSED_STREAM) }))
    // Last stream 0: none of those sent so far was begun.
    else socket.end(frame(GOAWAY, 0, { payload: Buffer.concat([u32(0), u32(0)]) }))
  }
}

type Rest = { flags?: number; payload?: Uint8Array }

function frame(
  type: number,
  streamId: number,
  { flags = 0, payload = new Uint8Array() }: Rest = {},
) {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

function u32(value: number) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
