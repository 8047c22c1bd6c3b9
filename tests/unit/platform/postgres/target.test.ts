import { describe, expect, test } from 'bun:test'
import { DatabaseFailure } from '#platform/postgres/failure.ts'
import { describeTarget, parseTarget } from '#platform/postgres/target.ts'

describe('a connection URL', () => {
  test('is taken apart, percent-encoding and all', () => {
    expect(parseTarget('postgres://a%40b:p%2F%3A%40@db.example:6432/my%20db', 'prefer')).toEqual({
      host: 'db.example',
      port: 6432,
      database: 'my db',
      user: 'a@b',
      password: 'p/:@',
      tls: 'prefer',
      parameters: {},
    })
  })

  test('names a socket by its folder, or an address of IPv6', () => {
    const socket = parseTarget('postgres:///zerg?host=/run/postgresql&user=ada', 'prefer')
    expect(socket).toMatchObject({ socketFolder: '/run/postgresql', user: 'ada', port: 5432 })
    expect(parseTarget('postgres://ada@[::1]:5433/zerg', 'prefer')).toMatchObject({
      host: '::1',
      port: 5433,
    })
  })

  // Other drivers' words would be sent to PostgreSQL as settings, which refuses what it does not know.
  test('keeps what PostgreSQL understands, and drops what only other drivers do', () => {
    const url = 'postgres://a@b/c?application_name=x&channel_binding=require&pgbouncer=true'
    expect(parseTarget(url, 'prefer').parameters).toEqual({ application_name: 'x' })
  })

  test.each([
    ['prefer', 'require', 'require'],
    ['verify-full', 'disable', 'verify-full'],
    ['verify-full', 'require', 'verify-full'],
    ['disable', 'verify-ca', 'verify-ca'],
    ['prefer', 'allow', 'prefer'],
  ] as const)('with TLS %s configured and sslmode=%s demands %s', (tls, mode, expected) => {
    expect(parseTarget(`postgres://a@b/c?sslmode=${mode}`, tls).tls).toBe(expected)
  })

  test.each(['', 'mysql://a@b/c', 'postgres://a:p@h1:1,h2:2/c', 'postgres://a:%zz@b/c', 'b/c'])(
    'that is not one (%j) is refused without being repeated',
    url => {
      const parse = () => parseTarget(url, 'prefer')
      expect(parse).toThrow(DatabaseFailure)
      expect(parse).toThrow('DATABASE_URL cannot be read.')
    },
  )

  test('is shown without its password', () => {
    const target = parseTarget('postgres://ada:secret@db:5432/zerg', 'prefer')
    expect(describeTarget(target)).toBe('ada@db:5432/zerg')
  })
})
