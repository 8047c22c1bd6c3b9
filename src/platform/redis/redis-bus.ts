// The bus over Redis’s publish and subscribe. Listeners of this process are told directly, so that a
// lost Redis costs them nothing; the others hear of it on a connection of their own.

import type { Clock } from '#lib/clock.ts'
import type { Log } from '../observability/log.ts'
import { type Bus, BUS_CHANNELS, createListeners } from './bus.ts'
import type { Client } from './client.ts'
import { keepConnected } from './keep-connected.ts'
import type { Keys } from './keys.ts'
import { createScript } from './script.ts'

type Needs = {
  /** Names this process among those on the bus. */
  instance: string
  keys: Keys
  subscriber: Client
  /** Publishes, if Redis can be reached. */
  send(channel: string, text: string): void
  log: Log
  clock: Clock
}

// It hears its own pulse; who hears nothing for a while is on a connection that is dead.
const PULSE_MS = 2_000
const SILENCE_MAX_MS = 6_000

// A script and not the command, which a Cluster would take to a node at random each time: by its key
// every message goes to the same one, and they stay in order.
export const PUBLISH = createScript(`return redis.call('PUBLISH', ARGV[1], ARGV[2])`)

export function createRedisBus(needs: Needs): Bus & { close(): void } {
  const { instance, keys, subscriber, send, log, clock } = needs
  const listeners = createListeners(log)
  const pulseChannel = keys.pulse(instance)
  const channels = new Map(BUS_CHANNELS.map(channel => [keys.channel(channel), channel]))
  let heardAtMs = clock.elapsedMs()
  const connection = keepConnected(subscriber, {
    onReady: subscribe,
    onClosed: () => {},
    onError: () => {},
  })
  subscriber.on('message', hear)
  connection.open()
  const pulse = setInterval(beat, PULSE_MS)
  pulse.unref()

  return {
    publish(channel, message) {
      listeners.tell(channel, message)
      send(keys.channel(channel), `${instance} ${message}`)
    },
    subscribe: listeners.add,
    close() {
      clearInterval(pulse)
      connection.close()
    },
  }

  function subscribe(): void {
    heardAtMs = clock.elapsedMs()
    // Where it fails the connection is as good as dead, and the pulse finds out.
    subscriber.subscribe(pulseChannel, ...channels.keys()).catch(() => {})
  }

  function hear(from: string, text: string): void {
    heardAtMs = clock.elapsedMs()
    const channel = channels.get(from)
    const space = text.indexOf(' ')
    if (channel && text.slice(0, space) !== instance) listeners.tell(channel, text.slice(space + 1))
  }

  function beat(): void {
    const nowMs = clock.elapsedMs()
    if (nowMs - heardAtMs > SILENCE_MAX_MS) {
      heardAtMs = nowMs
      connection.renew()
    }
    send(pulseChannel, instance)
  }
}
