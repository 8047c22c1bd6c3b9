// Where somebody comes from, as coarsely as one person can choose it: a provider hands out whole
// /64 networks of IPv6, so that an address of those says nothing.

import ipaddr from 'ipaddr.js'

export function networkOf(address: string | null): string {
  if (address === null || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const network = parsed.toByteArray().fill(0, 8)
  return `${ipaddr.fromByteArray(network).toString()}/64`
}
