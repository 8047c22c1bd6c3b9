// Where a client is said to be, by whom, and who is believed.

import { expect, test } from 'bun:test'
import { pino } from 'pino'
import { createClientAddress } from '#transport/http/client-address.ts'

const PROXIES = ['10.0.0.0/8', '2001:db8:ffff::/48']
const PROXY = '10.0.0.1'
const STRANGER = '203.0.113.9'

type Row = [what: string, socket: string, headers: Record<string, string>, address: string]

test.each<Row>([
  ['a stranger', STRANGER, {}, STRANGER],
  ['a stranger who speaks for another', STRANGER, { 'x-forwarded-for': '192.0.2.1' }, STRANGER],
  ['a stranger who does so by the standard', STRANGER, { forwarded: 'for=192.0.2.1' }, STRANGER],
  ['a proxy that speaks for itself', PROXY, {}, PROXY],
  ['a client of a proxy', PROXY, { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
  [
    'a client that put another before itself',
    PROXY,
    { 'x-forwarded-for': '198.51.100.1, 192.0.2.1' },
    '192.0.2.1',
  ],
  [
    'a client of a chain of proxies',
    PROXY,
    { 'x-forwarded-for': '198.51.100.1, 192.0.2.1, 10.9.9.9' },
    '192.0.2.1',
  ],
  ['a chain of proxies alone', PROXY, { 'x-forwarded-for': '10.2.2.2, 10.9.9.9' }, '10.2.2.2'],
  ['a client with a port', PROXY, { 'x-forwarded-for': '192.0.2.1:4711' }, '192.0.2.1'],
  ['an IPv6 client', PROXY, { 'x-forwarded-for': '2001:db8::7' }, '2001:db8::7'],
  ['an IPv6 client with a port', PROXY, { 'x-forwarded-for': '[2001:db8::7]:80' }, '2001:db8::7'],
  ['what is no address', PROXY, { 'x-forwarded-for': '192.0.2.1, unknown' }, PROXY],
  ['an empty header', PROXY, { 'x-forwarded-for': '' }, PROXY],
  ['a proxy by IPv6', '2001:db8:ffff::1', { forwarded: 'for=192.0.2.1' }, '192.0.2.1'],
  ['a proxy dressed up', '::ffff:10.0.0.1', { forwarded: 'for=192.0.2.1' }, '192.0.2.1'],
  [
    'the standard, with all it allows',
    PROXY,
    { forwarded: 'For="[2001:db8::7]:4711";by=10.0.0.1;host="a,b;c";proto=https' },
    '2001:db8::7',
  ],
  [
    'the standard, several hops',
    PROXY,
    { forwarded: 'for=198.51.100.1, for=192.0.2.1;proto=https , for=10.3.3.3' },
    '192.0.2.1',
  ],
  ['a hop that hides', PROXY, { forwarded: 'for=192.0.2.1, for=_hidden' }, PROXY],
  ['a hop without a word of whom', PROXY, { forwarded: 'for=192.0.2.1, proto=https' }, PROXY],
  ['quotes that do not end', PROXY, { forwarded: 'for=192.0.2.1, for="10.0.0.9' }, PROXY],
  [
    'an element within quotes',
    PROXY,
    { forwarded: 'by="x, for=192.0.2.1";for=198.51.100.1' },
    '198.51.100.1',
  ],
  [
    'both headers that agree',
    PROXY,
    { forwarded: 'for=192.0.2.1', 'x-forwarded-for': '192.0.2.1' },
    '192.0.2.1',
  ],
  // One of the two was handed on as the client had sent it.
  [
    'both headers that differ',
    PROXY,
    { forwarded: 'for=198.51.100.1', 'x-forwarded-for': '192.0.2.1' },
    PROXY,
  ],
])('%s', (...[, socket, headers, address]) => {
  expect(setup(PROXIES).addressOf(socket, headers)).toBe(address)
})

test('with nothing configured only the socket counts, and a header is wondered about once', () => {
  const { addressOf, lines } = setup([])
  expect(addressOf(PROXY, { 'x-forwarded-for': '192.0.2.1' })).toBe(PROXY)
  expect(addressOf('::ffff:10.0.0.1', { 'x-forwarded-for': '192.0.2.1' })).toBe(PROXY)
  expect(lines.map(({ msg }) => msg)).toEqual(['forwarded_for_ignored'])
})

test('a way of ten thousand hops is read from its end', () => {
  const hops = Array.from({ length: 10_000 }, (_, index) => `192.0.2.${index % 250}`)
  const { addressOf } = setup(PROXIES)
  expect(addressOf(PROXY, { 'x-forwarded-for': [...hops, '198.51.100.1'].join(',') })).toBe(
    '198.51.100.1',
  )
  const all = Array.from({ length: 10_000 }, () => 'for=10.1.1.1')
  expect(addressOf(PROXY, { forwarded: `for=192.0.2.1,${all.join(',')}` })).toBe('10.1.1.1')
})

function setup(trustedProxies: readonly string[]) {
  const lines: { msg: string }[] = []
  const write = (line: string) => void lines.push(JSON.parse(line) as { msg: string })
  const addressOfClient = createClientAddress({ trustedProxies, log: pino({}, { write }) })
  const addressOf = (socket: string, headers: Record<string, string>) =>
    addressOfClient(new Request('http://zerg.test/', { headers }), () => socket)
  return { addressOf, lines }
}
