// One form for each address, and the network that stands for a client.

import { expect, test } from 'bun:test'
import { isWithin, networkOf, parseNetworks, plainAddress } from '#lib/address.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:C000:0207', '192.0.2.7'],
  ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::1', '::1'],
])('%s is %s', (text, plain) => {
  expect(plainAddress(text)).toBe(plain)
})

test.each(['', 'unknown', '192.0.2', '192.0.2.7.', '0x7f.0.0.1', '010.0.0.1.2', '2130706433', ':'])(
  '"%s" is no address',
  text => {
    expect(plainAddress(text)).toBeUndefined()
  },
)

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
])('%s counts as %s', (text, network) => {
  expect(networkOf(text)).toBe(network)
})

test.each([
  ['10.1.2.3', true],
  ['11.1.2.3', false],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
  ['2001:db8:5::1', true],
  ['2001:db9::1', false],
  ['::ffff:10.0.0.1', true],
  ['::1', true],
  ['::2', false],
  ['nobody', false],
])('whether %s is among the networks', (text, isIn) => {
  const networks = parseNetworks(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1'])
  expect(isWithin(networks, text)).toBe(isIn)
})
