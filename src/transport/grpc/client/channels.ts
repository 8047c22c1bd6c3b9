// The connections to a service: one channel an address, kept open; a name may stand for several hosts.

import {
  type ChannelOptions,
  Client,
  connectivityState as State,
  logVerbosity,
  setLogVerbosity,
} from '@grpc/grpc-js'
import { type ChannelTls, channelCredentials } from '../tls.ts'

// What one answer may hold: a page of 200 tasks with long descriptions is about 8 MiB.
const MESSAGE_MAX_BYTES = 16_777_216

const OPTIONS: ChannelOptions = {
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  'grpc.max_receive_message_length': MESSAGE_MAX_BYTES,
  // A host that vanished without a word is found out in 15 s, used or not.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
  // A replaced instance is found again at once, not after the default of 20 s and more.
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.dns_min_time_between_resolutions_ms': 1_000,
  // Its own, so that a channel that is opened anew does not wait where the old one would have.
  'grpc.use_local_subchannel_pool': 1,
  // The environment is read by the configuration and by nothing else.
  'grpc.enable_http_proxy': 0,
}

// How long an instance that did not answer in time gets no calls while others do.
const SUSPECT_MS = 5_000

// However many calls ask, addresses that have refused us are tried no more often than this.
const REVIVE_EVERY_MS = 100

export type Channels = ReturnType<typeof openChannels>

type Needs = ChannelTls & { addresses: readonly string[]; elapsedMs: () => number }

/** Begins to connect to each `host:port`. @throws StartFailure where TLS is not as it should be. */
export function openChannels({ addresses, elapsedMs, ...tls }: Needs) {
  // It would write to stderr what is told as an error anyway.
  setLogVerbosity(logVerbosity.NONE)
  const secured = channelCredentials(tls)
  let channels = openAll()
  let revivedAtMs = elapsedMs()
  let turn = 0
  const suspectUntilMs = new WeakMap<Client, number>()

  return {
    count: addresses.length,
    countReady: () => channels.filter(isReady).length,
    pick,
    /** It hangs, or so it seems: connected, but without an answer. */
    suspect: (channel: Client) => void suspectUntilMs.set(channel, elapsedMs() + SUSPECT_MS),
    isHopeless: () => channels.every(isFailed) && !mayRevive(),
    close: () => channels.forEach(channel => channel.close()),
  }

  /** Whose turn it is among those that are connected; otherwise among those that may soon be. */
  function pick(): Client {
    const ready = channels.filter(isReady)
    const trusted = ready.filter(channel => !isSuspect(channel))
    if (ready.length > 0) return next(trusted.length > 0 ? trusted : ready)
    if (channels.every(isFailed) && mayRevive()) revive()
    const hopeful = channels.filter(channel => !isFailed(channel))
    return next(hopeful.length > 0 ? hopeful : channels)
  }

  function next(choice: readonly Client[]): Client {
    turn = (turn + 1) % 1_000_000
    return choice[turn % choice.length]!
  }

  function isSuspect(channel: Client) {
    return (suspectUntilMs.get(channel) ?? 0) > elapsedMs()
  }

  function mayRevive() {
    return elapsedMs() - revivedAtMs >= REVIVE_EVERY_MS
  }

  // When nobody is left, an instance that has just come up must not be missed for as long as its
  // channel would pause before the next attempt. What still runs on the old channels finishes.
  function revive() {
    revivedAtMs = elapsedMs()
    const old = channels
    channels = openAll()
    for (const channel of old) channel.close()
  }

  function openAll() {
    const opened = addresses.map(address => new Client(`dns:///${address}`, secured, OPTIONS))
    // Asked for their state, idle channels begin to connect.
    opened.forEach(stateOf)
    return opened
  }
}

const stateOf = (channel: Client) => channel.getChannel().getConnectivityState(true)

const isReady = (channel: Client) => stateOf(channel) === State.READY

const isFailed = (channel: Client) => stateOf(channel) === State.TRANSIENT_FAILURE
