// A door and the kernel's view of it, moved by hand.

import type { Door } from '#platform/lifecycle/door.ts'
import type { ListenerSocket, OpenConnection } from '#platform/sockets/listener.ts'

export type FakeDoor = ReturnType<typeof fakeDoor>

type Options = {
  name?: Door['name']
  events?: string[]
  heedsAbort?: boolean
  /** Never closes by itself. */
  hangs?: boolean
}

/** Records what it is asked in `events`. Requests and connections are put there by the test. */
export function fakeDoor({
  name = 'http',
  events = [],
  heedsAbort = true,
  hangs = false,
}: Options = {}) {
  let inFlight = 0
  let finished = 0
  let isListening = true
  const closed = Promise.withResolvers<void>()
  const open = new Map<string, OpenConnection>()
  const settle = () => {
    if (!isListening && inFlight === 0 && !hangs) closed.resolve()
  }
  const finish = (count = inFlight) => {
    inFlight -= count
    finished += count
    settle()
  }

  const door: Door = {
    name,
    host: '127.0.0.1',
    port: 1,
    announceDrain: () => void events.push('announce'),
    inFlight: () => inFlight,
    finished: () => finished,
    stopListening() {
      events.push('stop listening')
      isListening = false
      settle()
    },
    closeIdle: () => void events.push('close idle'),
    abortInFlight() {
      events.push('abort')
      const aborted = inFlight
      if (heedsAbort) finish()
      return aborted
    },
    closed: () => closed.promise,
    force() {
      events.push('force')
      const cut = inFlight
      inFlight = 0
      closed.resolve()
      return cut
    },
  }
  const listener: ListenerSocket = {
    prepare: () => void events.push('prepare'),
    connections: () => [...open.values()],
    isOpen: ({ id }) => open.has(id),
    isUnused: ({ id }) => id.startsWith('unused'),
    queued: () => 0,
    handshaking: () => 0,
    stopHandshakes() {
      events.push('stop handshakes')
      return 'filter'
    },
    admit: () => undefined,
    closeUnused: () => 0,
  }
  return {
    door,
    listener,
    events,
    begin: (count = 1) => void (inFlight += count),
    finish,
    connect: (id: string) => void open.set(id, { fd: 9, id, family: 'ipv4' }),
    leave: (id: string) => void open.delete(id),
  }
}
