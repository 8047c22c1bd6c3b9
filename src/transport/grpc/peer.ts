// The other end of a connection.

/** Null once its socket is gone: a peer is address:port, or `unknown`. */
export function addressOfPeer(peer: string): string | null {
  const end = peer.lastIndexOf(':')
  return end === -1 ? null : peer.slice(0, end).replace(/^\[|\]$/g, '')
}
