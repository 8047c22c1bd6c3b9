// A way to PostgreSQL on which the answers to commits can be held back: the change is made, and
// whoever made it does not know.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type HeldCommits = Awaited<ReturnType<typeof holdCommits>>

/** Forwards to the server of `databaseUrl`, without TLS. `url` leads through it. */
export async function holdCommits(databaseUrl: string) {
  const url = new URL(databaseUrl)
  const target = { host: url.hostname, port: Number(url.port || 5432) }
  const sockets = new Set<Socket>()
  let isHolding = false
  let held = 0

  const server = createServer(client => {
    const database = connect(target)
    database.pipe(client)
    client.on('data', bytes => {
      // As it stands on the wire, whatever is around it.
      if (isHolding && bytes.includes('commit')) {
        database.unpipe(client)
        held++
      }
      database.write(bytes)
    })
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)

  return {
    url: url.href,
    /** From now on, no answer to a commit arrives. */
    hold: () => void (isHolding = true),
    held: () => held,
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
