import { expect, test } from 'bun:test'
import { networkOf } from '#features/auth/network.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['nonsense', 'unknown'],
  [null, 'unknown'],
])('%p comes from the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
