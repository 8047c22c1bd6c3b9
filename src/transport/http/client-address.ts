// Where a client is: at the other end of the socket, unless that is a proxy which is trusted to say for
// whom it speaks. Anybody can send a header, so that strangers are believed nothing.

import { isWithin, type Networks, parseNetworks, plainAddress } from '#lib/address.ts'
import type { Log } from '#platform/observability/log.ts'
import type { AddressOf } from './arrival.ts'
import { forwardedFor, xForwardedFor } from './forwarded.ts'

export type ClientAddress = (request: Request, addressOf: AddressOf) => string | null

type Needs = { trustedProxies: readonly string[]; log: Log }

/** Whether this address is one of the proxies that are trusted. */
export const createIsTrusted = (trustedProxies: readonly string[]) => {
  const networks = parseNetworks(trustedProxies)
  return (address: string): boolean => isWithin(networks, address)
}

export function createClientAddress({ trustedProxies, log }: Needs): ClientAddress {
  const networks = parseNetworks(trustedProxies)
  let isTold = false
  return networks.length === 0 ? bySocket : byProxies

  function bySocket(request: Request, addressOf: AddressOf): string | null {
    if (!isTold && request.headers.has('x-forwarded-for')) tell()
    return socketAddress(addressOf(request))
  }

  // Behind a proxy that nobody has named everybody is one client, which is found out too late
  // otherwise. A stranger can cause this line, but only once.
  function tell(): void {
    isTold = true
    log.warn(
      {
        why: 'X-Forwarded-For came from a socket that is not trusted; every client of a proxy counts as one.',
        fix: 'Set ZERG_TRUSTED_PROXIES to the networks of your proxies.',
      },
      'forwarded_for_ignored',
    )
  }

  function byProxies(request: Request, addressOf: AddressOf): string | null {
    const peer = socketAddress(addressOf(request))
    if (peer === null || !isWithin(networks, peer)) return peer
    return spokenFor(request.headers, { peer, networks })
  }
}

type Peer = { peer: string; networks: Networks }

function spokenFor(headers: Headers, from: Peer): string {
  const [standard, usual] = [headers.get('forwarded'), headers.get('x-forwarded-for')]
  const byStandard = standard === null ? undefined : lastStranger(forwardedFor(standard), from)
  const byUsual = usual === null ? undefined : lastStranger(xForwardedFor(usual), from)
  // A proxy writes one of the two and hands the other on as it came, from whoever wanted to be
  // somebody else. Which one is its own cannot be known where they differ.
  if (byStandard !== undefined && byUsual !== undefined && byStandard !== byUsual) return from.peer
  return byStandard ?? byUsual ?? from.peer
}

/** From the right: whoever is no trusted proxy is the client. What stands left of it is hearsay. */
function lastStranger(hops: readonly (string | null)[] | undefined, { peer, networks }: Peer) {
  let client = peer
  for (const hop of hops?.toReversed() ?? []) {
    if (hop === null) return client
    client = hop
    if (!isWithin(networks, client)) return client
  }
  return client
}

// Nearly every socket says it in the one form already.
const socketAddress = (address: string | null): string | null =>
  address === null || !address.includes(':') ? address : (plainAddress(address) ?? address)
