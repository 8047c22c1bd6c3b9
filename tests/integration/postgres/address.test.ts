// Which address a session is opened to. The driver cuts a host in two at its first colon.

import { afterAll, expect, test } from 'bun:test'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { sendCancel } from '#platform/postgres/cancel.ts'
import { createConnection } from '#platform/postgres/connection.ts'
import { postgresOptions } from '#platform/postgres/options.ts'
import { parseTarget } from '#platform/postgres/target.ts'
import { eventually } from '../../support/eventually.ts'
import { defaults } from '../../support/open-database.ts'

const hasIpv6 = Object.values(networkInterfaces()).some(addresses =>
  addresses?.some(({ address }) => address === '::1'),
)

const guests: string[] = []
const door = createServer(socket => {
  guests.push(socket.remoteAddress ?? '')
  socket.destroy()
})
afterAll(() => door.close())

test.skipIf(!hasIpv6)('an address of IPv6 is the one that is connected to', async () => {
  const port = await new Promise<number>(resolve => {
    door.listen(0, '::1', () => {
      const address = door.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  const options = postgresOptions(parseTarget(`postgres://ada@[::1]:${port}/zerg`, 'disable'), {
    ...defaults,
    tls: 'disable',
  })
  const connection = createConnection({
    options,
    canCancel: true,
    onClosed: () => undefined,
    onNotice: () => undefined,
  })

  void connection.open().catch(() => undefined)
  await eventually(async () => expect(guests[0]).toBe('::1'), { withinMs: 2_000 })
  await connection.discard()

  const before = guests.length
  void sendCancel(options, { pid: 1, secret: 1 }, 1_000).catch(() => undefined)
  await eventually(async () => expect(guests.length).toBeGreaterThan(before), { withinMs: 2_000 })
})
