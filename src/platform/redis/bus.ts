// Short messages between instances: at most once, and only to who listens. What has to arrive for
// certain is in the database; the bus only says sooner that it is worth a look.

import type { Log } from '../observability/log.ts'

/** Every channel there is. */
export const BUS_CHANNELS = ['revocations', 'signing-keys'] as const

export type BusChannel = (typeof BUS_CHANNELS)[number]

/** Told what was said. What it throws is logged, and the others are told all the same. */
export type Listener = (message: string) => void

export type Bus = {
  /** Tells every listener on every instance that can be reached, this one's own too. Never throws. */
  publish(channel: BusChannel, message: string): void
  /** Returns what ends it. */
  subscribe(channel: BusChannel, listener: Listener): () => void
}

/** The listeners of this process. */
export type Listeners = {
  add(channel: BusChannel, listener: Listener): () => void
  /** Tells them, once whoever calls is done. */
  tell(channel: BusChannel, message: string): void
}

export function createListeners(log: Log): Listeners {
  const listeners = new Map<BusChannel, Set<Listener>>()
  return { add, tell }

  function add(channel: BusChannel, listener: Listener) {
    const there = listeners.get(channel) ?? new Set()
    listeners.set(channel, there)
    // The same function may listen twice; each has its own end.
    const own: Listener = message => listener(message)
    there.add(own)
    return () => void there.delete(own)
  }

  // Whoever publishes is in the middle of something, and no listener may see it half done.
  function tell(channel: BusChannel, message: string) {
    queueMicrotask(() => {
      for (const listener of listeners.get(channel) ?? []) hear(channel, listener, message)
    })
  }

  function hear(channel: BusChannel, listener: Listener, message: string) {
    try {
      listener(message)
    } catch (error) {
      log.error({ err: error, channel }, 'bus_listener_failed')
    }
  }
}

/** For a single process: nobody else is told. */
export function createLocalBus({ log }: { log: Log }): Bus {
  const { add, tell } = createListeners(log)
  return { publish: tell, subscribe: add }
}
