// `zerg config check --connect` against a real Redis.

import { expect } from 'bun:test'
import { startRedis } from '../../support/redis.ts'
import { testWith } from '../../support/tools.ts'
import { runZerg } from '../../support/zerg.ts'

const test = testWith('redis')

test('a Redis that serves is named with its version', async () => {
  const server = await startRedis({ lines: ['requirepass Xq7-random'] })
  const { stdout, code } = await check(server.url.replace('//', '//:Xq7-random@'))
  expect(stdout).toMatch(/^REDIS_URL is (Redis|Valkey) \d+\.\d+\.\d+\.$/m)
  expect(code).toBe(0)
  await server.drop()
}, 30_000)

test('a wrong password is a problem, and is not shown', async () => {
  const server = await startRedis({ lines: ['requirepass Xq7-random'] })
  const { stdout, code } = await check(server.url.replace('//', '//:other-word@'))
  expect(stdout).toContain('refuses the password of its default user')
  expect(stdout).not.toContain('other-word')
  expect(code).toBe(78)
  await server.drop()
}, 30_000)

test('a Redis that is not there is a problem that says where it was looked for', async () => {
  const server = await startRedis()
  await server.drop()
  const { stdout, code } = await check(server.url)
  expect(stdout).toContain(`Nothing listens at 127.0.0.1:${server.port}`)
  expect(code).toBe(78)
}, 30_000)

const check = (url: string) =>
  runZerg(['config', 'check', '--connect'], { env: { REDIS_URL: url } })
