// The connections to a service: one channel an address, kept open; a name may stand for several hosts.

import { type ChannelOptions, Client, connectivityState as State, credentials } from '@grpc/grpc-js'

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
  // The environment is read by the configuration and by nothing else.
  'grpc.enable_http_proxy': 0,
}

export type Channels = ReturnType<typeof openChannels>

/** Begins to connect to each `host:port`. */
export function openChannels(addresses: readonly string[]) {
  const channels = addresses.map(
    address => new Client(`dns:///${address}`, credentials.createInsecure(), OPTIONS),
  )
  let turn = 0
  // Asked for their state, idle channels begin to connect.
  for (const channel of channels) stateOf(channel)

  return {
    count: channels.length,
    countReady: () => inState(State.READY).length,
    pick,
    isHopeless,
    close: () => channels.forEach(channel => channel.close()),
  }

  /** Whose turn it is among those that are connected; otherwise among those that may soon be. */
  function pick(): Client {
    const ready = inState(State.READY)
    const hopeful = ready.length > 0 ? ready : channels.filter(channel => !isFailed(channel))
    const choice = hopeful.length > 0 ? hopeful : channels
    turn = (turn + 1) % 1_000_000
    return choice[turn % choice.length]!
  }

  /** Whether every address has refused us, so that a call cannot but fail now. */
  function isHopeless() {
    return channels.every(isFailed)
  }

  function inState(state: State) {
    return channels.filter(channel => stateOf(channel) === state)
  }
}

const stateOf = (channel: Client) => channel.getChannel().getConnectivityState(true)

const isFailed = (channel: Client) => stateOf(channel) === State.TRANSIENT_FAILURE
