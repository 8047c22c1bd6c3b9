// What is refused of a DATABASE_URL, and that no part of a password is ever shown.

import { expect, test } from 'bun:test'
import { checkDatabaseUrl, maskDatabaseUrl } from '#config/database-url.ts'

test.each([
  ['mysql://root:hunter2@db/x', 'does not begin with postgres:// or postgresql://'],
  ['host=db password=hunter2', 'does not begin with postgres:// or postgresql://'],
  ['postgres://u:hunt/er2@db/x', 'cannot be taken apart into user, password, host and name'],
  ['postgres://u:hunt#er2@db/x', 'cannot be taken apart into user, password, host and name'],
  ['postgres://u:hunt?er2@db/x', 'cannot be taken apart into user, password, host and name'],
  ['postgres://u:12/er2@db/x', 'cannot be taken apart into user, password, host and name'],
  ['postgres://u:12?er2@db/x', 'cannot be taken apart into user, password, host and name'],
  ['postgres://u:12#er2@db/x', 'cannot be taken apart into user, password, host and name'],
  ['postgres://u:100%@db/x', 'cannot be taken apart into user, password, host and name'],
  ['postgres://u:p@db:port/x', 'cannot be taken apart into user, password, host and name'],
  ['postgres://u:p@db:70000/x', 'has a port that is not from 1 to 65535'],
  ['postgres://u:p@db:0/x', 'has a port that is not from 1 to 65535'],
  ['postgres://u:p@a,b/x', 'names more than one host'],
  ['postgres:///x', 'names no host'],
  ['postgres://u:p@db', 'names no database'],
  ['postgres://u:p@db/', 'names no database'],
  ['postgres://u:p@db/x?sslmode=verify_full', 'has an sslmode that does not exist'],
  ['postgres://u:p@db/x?sslmode=', 'has an sslmode that does not exist'],
])('%s is refused', (url, reason) => {
  expect(checkDatabaseUrl(url)?.reason).toBe(reason)
})

test.each([
  'postgres://db/zerg',
  'postgresql://u@db:6432/zerg',
  'postgres://u:p%40%2F%3A@db.example.com:5432/zerg?sslmode=require&application_name=x',
  'postgres://u:a:b@db/zerg',
  'postgres://u:a@b@db/zerg',
  'postgres://u:p@[::1]:5432/zerg',
  'postgres:///zerg?host=/run/postgresql',
])('%s is fine', url => {
  expect(checkDatabaseUrl(url)).toBeUndefined()
})

test.each([
  [
    'postgres://ada:hunter2@db:5432/zerg?sslmode=require',
    'postgres://ada:***@db:5432/zerg?sslmode=require',
  ],
  ['postgres://ada:hun@ter2@db/zerg', 'postgres://ada:***@db/zerg'],
  [
    'postgres://ada@db/zerg?password=hunter2&sslpassword=hunter2',
    'postgres://ada@db/zerg?password=***&sslpassword=***',
  ],
  ['postgres://ada@db/zerg', 'postgres://ada@db/zerg'],
  ['postgres://ada:12/hunter2@db/zerg', 'postgres://***'],
  ['postgres://ada:hunter2', 'postgres://***'],
  ['mysql://ada:hunter2@db/zerg', '***'],
  ['hunter2', '***'],
])('%s is shown without its password', (url, shown) => {
  expect(maskDatabaseUrl(url)).toBe(shown)
})
