// Every key and channel in Redis, and nowhere else: all begin with one prefix, and each script takes a
// single key, so that a Cluster can put any of them anywhere.

import type { BusChannel } from './bus.ts'

export type Keys = ReturnType<typeof createKeys>

export const createKeys = (prefix: string) => ({
  /** A bucket of the limits; the id may be an address that a client made up. */
  limit: (bucket: string) => `${prefix}:limit:${bucket}`,
  /** Who is alive: a sorted set of instances by the time that they were last heard of. */
  instances: `${prefix}:instances`,
  channel: (channel: BusChannel) => `${prefix}:bus:${channel}`,
  /** By which an instance finds out whether it still hears. */
  pulse: (instance: string) => `${prefix}:pulse:${instance}`,
})
