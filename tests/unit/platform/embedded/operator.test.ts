import { afterEach, beforeEach, expect, test } from 'bun:test'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OPERATOR } from '#lib/caller.ts'
import { newToken } from '#lib/secret-token.ts'
import { createOperatorAccess, readOperatorToken } from '#platform/embedded/operator.ts'
import { makeFolder } from '../../../support/embedded.ts'

let folder: Awaited<ReturnType<typeof makeFolder>>
beforeEach(async () => {
  folder = await makeFolder()
})
afterEach(() => folder.remove())

const signal = new AbortController().signal
const open = (host = '127.0.0.1') => createOperatorAccess({ dataDir: folder.path, host })

test('the token is in a file that only its user can read, until the instance ends', () => {
  const access = open()
  const file = join(folder.path, 'operator-token')
  expect(existsSync(file)).toBe(false)
  access.resource.start()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  access.resource.close()
  expect(existsSync(file)).toBe(false)
})

test('a file that is there already is replaced, with the rights of a new one', () => {
  const file = join(folder.path, 'operator-token')
  writeFileSync(file, 'old', { mode: 0o644 })
  open().resource.start()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readOperatorToken(folder.path)).not.toBe('old')
})

test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])(
  'whoever shows it from %s is the operator',
  address => {
    const access = open()
    access.resource.start()
    const token = readOperatorToken(folder.path)
    expect(access.authenticate(token, { signal, address })).toEqual(OPERATOR)
    expect(access.authenticate(token, { signal, address: () => address })).toEqual(OPERATOR)
  },
)

test('an address that only this machine has counts as this machine, where the ports are bound to it', () => {
  const access = open('192.0.2.7')
  access.resource.start()
  const token = readOperatorToken(folder.path)
  expect(access.authenticate(token, { signal, address: '192.0.2.7' })).toEqual(OPERATOR)
  expect(() => access.authenticate(token, { signal, address: '192.0.2.8' })).toThrow('not valid')
})

test.each([
  ['another machine', '192.0.2.8'],
  ['an address that only begins like loopback', '127evil'],
  ['an address that nobody knows', null],
  ['no word of an address', undefined],
])('it is good for nothing from %s', (_, address) => {
  const access = open()
  access.resource.start()
  const token = readOperatorToken(folder.path)
  const from = address === undefined ? { signal } : { signal, address }
  expect(() => access.authenticate(token, from)).toThrow('not valid here')
})

test('another token, that of an earlier instance too, is good for nothing', () => {
  const earlier = open()
  earlier.resource.start()
  const old = readOperatorToken(folder.path)
  const access = open()
  access.resource.start()
  for (const token of [old, newToken('op'), ''])
    expect(() => access.authenticate(token, { signal, address: '::1' })).toThrow('not valid here')
})

test('in memory there is no file, and no token that would be good', () => {
  const access = createOperatorAccess({ dataDir: null, host: '127.0.0.1' })
  access.resource.start()
  expect(() => access.authenticate(newToken('op'), { signal, address: '::1' })).toThrow('not valid')
  access.resource.close()
})
