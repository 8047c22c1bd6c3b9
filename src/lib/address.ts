// Addresses of the internet protocol, in one form, and the networks that they belong to.

import ipaddr from 'ipaddr.js'

export type Networks = readonly (readonly [ipaddr.IPv4 | ipaddr.IPv6, number])[]

/** `10.0.0.0/8`, `192.0.2.7` or `2001:db8::/32`; the settings have seen to it that they are such. */
export const parseNetworks = (texts: readonly string[]): Networks =>
  texts.map(text => {
    const [address, bits] = text.includes('/') ? ipaddr.parseCIDR(text) : [ipaddr.parse(text), 128]
    const isWide = !text.includes('/') && address.kind() === 'ipv4'
    return [address, isWide ? 32 : bits] as const
  })

export function isWithin(networks: Networks, text: string): boolean {
  if (networks.length === 0) return false
  const address = parsed(text)
  return (
    address !== undefined &&
    networks.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
    )
  )
}

/**
 * The address in its one form: IPv4 as four numbers, also where it came dressed up as IPv6; IPv6 as
 * RFC 5952 writes it. Undefined where the text is no address.
 */
export const plainAddress = (text: string): string | undefined => {
  const address = parsed(text)
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address?.toString()
}

/** What counts as one client: an IPv4 address, or the /64 that one subscriber of IPv6 gets. */
export function networkOf(text: string): string {
  // As sockets and `plainAddress` write IPv4.
  if (!text.includes(':')) return text
  const address = parsed(text)
  if (address === undefined || address instanceof ipaddr.IPv4) return address?.toString() ?? text
  return `${new ipaddr.IPv6([...address.parts.slice(0, 4), 0, 0, 0, 0]).toRFC5952String()}/64`
}

function parsed(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const plain = text.replace(/%.*$/, '')
  // `0x7f.1` is an address to some and a name to others; here it is neither.
  if (plain.includes(':')) return ipaddr.IPv6.isValid(plain) ? unwrapped(plain) : undefined
  return ipaddr.IPv4.isValidFourPartDecimal(plain) ? ipaddr.IPv4.parse(plain) : undefined
}

function unwrapped(text: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const address = ipaddr.IPv6.parse(text)
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}
