// Asks PostgreSQL to end what a session is doing. The driver can as well, but over TLS it never
// learns when the request has arrived, and without that it may hit the session's next statement.

import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ClientOptions } from './options.ts'

/** Which session, and the secret that it was given at its start. */
export type Backend = { pid: number; secret: number }

// https://www.postgresql.org/docs/current/protocol-message-formats.html
const CANCEL_REQUEST = 80_877_102
const SSL_REQUEST = 80_877_103

/** Resolves when PostgreSQL has passed the request on: it closes the connection then. */
export function sendCancel(options: ClientOptions, { pid, secret }: Backend, maxMs: number) {
  return new Promise<void>((resolve, reject) => {
    const { host = 'localhost', port = 5432, path, ssl } = options
    const socket = path ? connectTcp(path) : connectTcp(port, host)
    const timer = setTimeout(() => socket.destroy(new Error('No answer.')), maxMs)
    socket.on('error', reject)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    const send = (stream: Socket) => stream.write(packet([16, CANCEL_REQUEST, pid, secret]))
    socket.once('connect', () => {
      if (!ssl) return void send(socket)
      socket.write(packet([8, SSL_REQUEST]))
      socket.once('data', answer => {
        // "N": no TLS here. Only `prefer` goes on without.
        if (answer[0] !== 83) return void (ssl === 'prefer' ? send(socket) : socket.destroy())
        const secured = connectTls({ socket, ...tlsOptions(ssl, host) }, () => send(secured))
        secured.on('error', reject)
        secured.resume()
      })
    })
  })
}

const tlsOptions = (ssl: ClientOptions['ssl'], host: string) =>
  typeof ssl === 'object'
    ? ssl
    : { rejectUnauthorized: false, ...(isIP(host) ? {} : { servername: host }) }

function packet(numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4)
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number >>> 0, index * 4)
  return bytes
}
