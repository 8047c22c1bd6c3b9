// What the kernel tells about a real listener, and what it can be made to do.

import { afterEach, describe, expect, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import { countHandshakesInText } from '#platform/sockets/handshake-table.ts'
import { findListener, type ListenerSocket } from '#platform/sockets/listener.ts'
import { openDiagnosis } from '#platform/sockets/socket-diagnosis.ts'
import { eventually, within } from '../../support/eventually.ts'

const onLinux = process.platform === 'linux' ? describe : describe.skip

const opened: { close(): unknown }[] = []
afterEach(() => {
  for (const { close } of opened.splice(0).toReversed()) close()
})

onLinux('a listener', () => {
  test('is found by its port, and no other', () => {
    const { port } = serve('127.0.0.1')
    expect(findListener(port)).toBeDefined()
    expect(findListener(1)).toBeUndefined()
  })

  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::', '127.0.0.1'],
    ['::', '::1'],
  ])('on %s shows who is connected from %s, before a first request too', async (host, from) => {
    const { port, listener } = serve(host)
    listener.prepare()
    expect(listener.connections()).toEqual([])
    const [first, second] = [client(port, from), client(port, from)]
    await eventually(() => expect(listener.connections()).toHaveLength(2))
    const [one, other] = listener.connections()
    first.destroy()
    await eventually(() => expect(listener.connections()).toHaveLength(1))
    expect([one, other].filter(connection => listener.isOpen(connection!))).toHaveLength(1)
    second.destroy()
  })

  test('tells a connection from another that got its descriptor later', async () => {
    const { port, listener } = serve('127.0.0.1')
    listener.prepare()
    const first = client(port, '127.0.0.1')
    await eventually(() => expect(listener.connections()).toHaveLength(1))
    const before = listener.connections()[0]!
    first.destroy()
    await eventually(() => expect(listener.connections()).toHaveLength(0))
    client(port, '127.0.0.1')
    await eventually(() => expect(listener.connections()).toHaveLength(1))
    expect(listener.connections()[0]!.fd).toBe(before.fd)
    expect(listener.isOpen(before)).toBe(false)
  })

  // Accepting is deferred here, so that a connection without a request stays half made.
  test.each(['127.0.0.1', '::'])(
    'on %s counts handshakes under way, in both ways alike',
    async host => {
      const { port, listener } = serve(host)
      client(port, '127.0.0.1')
      await eventually(() => expect(listener.handshaking()).toBe(1))
      expect(openDiagnosis()?.countHandshakes(port)).toBe(1)
      expect(countHandshakesInText(port)).toBe(1)
    },
  )

  test('shows who waits to be accepted', async () => {
    const { port, listener } = serve('127.0.0.1')
    listener.prepare()
    expect(listener.queued()).toBe(0)
    const program = `require('node:net').connect(${port}, '127.0.0.1')`
    const child = Bun.spawn([process.execPath, '-e', program])
    opened.push({ close: () => child.kill() })
    // This loop accepts, so that nobody is let in while it does not turn.
    const endsAtMs = performance.now() + 2_000
    while (listener.queued() === 0 && performance.now() < endsAtMs) Bun.sleepSync(5)
    expect(listener.queued()).toBe(1)
    await eventually(() => expect(listener.queued()).toBe(0))
  })

  // Bun counts a connection without a request as busy, and a server that stops would wait for it.
  test('ends connections on which nothing has come, and no other', async () => {
    const { port, listener } = serve('127.0.0.1')
    listener.prepare()
    const used = client(port, '127.0.0.1')
    expect(await within(ask(used))).toContain('200 OK')
    const unused = client(port, '127.0.0.1')
    const ended = new Promise(resolve => unused.on('close', resolve))
    await eventually(() => expect(listener.connections()).toHaveLength(2))
    expect(listener.closeUnused()).toBe(1)
    await within(ended)
    expect(await within(ask(used))).toContain('200 OK')
    expect(listener.closeUnused()).toBe(0)
  })
})

onLinux('stopped handshakes', () => {
  test.each(['127.0.0.1', '::1', '::'])('on %s let nobody else in', async host => {
    const { port, listener } = serve(host)
    const hosts = host === '::' ? ['127.0.0.1', '::1'] : [host]
    expect(listener.stopHandshakes()).toBeOneOf(['filter', 'ttl'])
    for (const from of hosts) {
      const late = client(port, from)
      const connected = new Promise<string>(resolve => late.on('connect', () => resolve('in')))
      expect(await Promise.race([connected, Bun.sleep(300).then(() => 'out')])).toBe('out')
    }
    expect(listener.connections()).toEqual([])
  })

  test('leave those inside alone', async () => {
    const { port, listener } = serve('127.0.0.1')
    const inside = client(port, '127.0.0.1')
    expect(await within(ask(inside))).toContain('200 OK')
    listener.stopHandshakes()
    expect(await within(ask(inside))).toContain('200 OK')
  })
})

function serve(hostname: string): { port: number; listener: ListenerSocket } {
  const server = Bun.serve({ hostname, port: 0, fetch: () => new Response('here') })
  opened.push({ close: () => server.stop(true) })
  const port = server.port!
  return { port, listener: findListener(port)! }
}

function client(port: number, host: string): Socket {
  const socket = connect(port, host)
  socket.on('error', () => undefined)
  opened.push({ close: () => socket.destroy() })
  return socket
}

function ask(socket: Socket): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  socket.once('data', bytes => resolve(bytes.toString()))
  socket.once('error', reject)
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n')
  return promise
}
