// What is refused of a REDIS_URL, what is read out of it, and that its password is never shown.

import { expect, test } from 'bun:test'
import { checkRedisUrl, maskRedisUrl, parseRedisUrl } from '#config/redis-url.ts'

test.each([
  ['http://redis', 'does not begin with redis:// or rediss://'],
  ['redis.internal:6379', 'does not begin with redis:// or rediss://'],
  ['redis://:hunt/er2@redis', 'cannot be taken apart into user, password, hosts and number'],
  ['redis://:hunt?er2@redis', 'cannot be taken apart into user, password, hosts and number'],
  ['redis://:100%@redis', 'cannot be taken apart into user, password, hosts and number'],
  ['redis://hunter2@redis', 'cannot be taken apart into user, password, hosts and number'],
  ['redis://redis:port', 'cannot be taken apart into user, password, hosts and number'],
  ['redis://redis/db', 'cannot be taken apart into user, password, hosts and number'],
  ['redis://redis?tls=true', 'cannot be taken apart into user, password, hosts and number'],
  ['redis://redis:70000', 'has a port that is not from 1 to 65535'],
  ['redis://a,b:0', 'has a port that is not from 1 to 65535'],
  ['redis://', 'names no host'],
  ['redis://:p@/1', 'names no host'],
])('%s is refused', (url, reason) => {
  expect(checkRedisUrl(url)?.reason).toBe(reason)
})

test('user, password, hosts and number are read, decoded', () => {
  const url = 'rediss://zerg:p%40%2F%3A@a.internal,[2001:db8::1]:6380/3'
  expect(checkRedisUrl(url)).toBeUndefined()
  expect(parseRedisUrl(url)).toEqual({
    user: 'zerg',
    password: 'p@/:',
    hosts: [
      { host: 'a.internal', port: undefined },
      { host: '2001:db8::1', port: 6380 },
    ],
    hasTls: true,
    isLocal: false,
    database: 3,
  })
})

test.each([
  ['redis://localhost', true],
  ['redis://:p@127.0.0.1:6379,[::1]', true],
  ['redis://127.0.0.1,redis', false],
  ['redis://localhost.example.com', false],
])('whether %s stays on this machine', (url, isLocal) => {
  expect(parseRedisUrl(url)?.isLocal).toBe(isLocal)
})

test.each([
  ['rediss://ada:hunter2@a:1,b/2', 'rediss://ada:***@a:1,b/2'],
  ['redis://:hunter2@redis', 'redis://:***@redis'],
  ['redis://redis:6379', 'redis://redis:6379'],
  ['redis://hunter2@redis', 'redis://***'],
  ['redis://:12/hunter2@redis', 'redis://***'],
  ['hunter2', '***'],
])('%s is shown without its password', (url, shown) => {
  expect(maskRedisUrl(url)).toBe(shown)
})
