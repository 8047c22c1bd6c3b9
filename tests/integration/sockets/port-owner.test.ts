import { expect, test } from 'bun:test'
import { ownerOfPort } from '#platform/sockets/port-owner.ts'

test('nobody owns a port on which nobody listens', () => {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  const { port } = server
  server.stop(true)
  expect(ownerOfPort(port)).toBeUndefined()
})

test('the owner of a port is told by pid and command', () => {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } })
  try {
    const owner = ownerOfPort(server.port)
    expect(owner?.pid).toBe(process.pid)
    expect(owner?.command).toContain('test')
  } finally {
    server.stop(true)
  }
})
