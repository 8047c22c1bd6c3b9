// Contradictions between settings, and what production refuses.

import { expect, test } from 'bun:test'
import { readConfig } from '#config/load.ts'

const DB = 'postgres://zerg:Xq7-random@db.internal/zerg'

test.each<[string, Record<string, string>, string, RegExp]>([
  [
    'a drain as long as the budget',
    { ZERG_DRAIN_MAX: '30s' },
    'ZERG_DRAIN_MAX',
    /ZERG_SHUTDOWN_BUDGET \(30s\)/,
  ],
  [
    'a wait for a connection as long as a request',
    { ZERG_REQUEST_TIMEOUT: '2s', ZERG_DATABASE_ACQUIRE_TIMEOUT: '2s' },
    'ZERG_DATABASE_ACQUIRE_TIMEOUT',
    /ZERG_REQUEST_TIMEOUT \(2s\)/,
  ],
  [
    'a statement longer than a request',
    { ZERG_DATABASE_STATEMENT_TIMEOUT: '16s' },
    'ZERG_DATABASE_STATEMENT_TIMEOUT',
    /nobody would wait/,
  ],
  [
    'a wait for a lock longer than a statement',
    { ZERG_DATABASE_LOCK_TIMEOUT: '11s' },
    'ZERG_DATABASE_LOCK_TIMEOUT',
    /never be reached/,
  ],
  [
    'a connection that takes longer than a start',
    { ZERG_DATABASE_CONNECT_TIMEOUT: '11s' },
    'ZERG_DATABASE_CONNECT_TIMEOUT',
    /before its first try/,
  ],
  [
    'a call to the Tasks service longer than a request',
    { ZERG_TASKS_SERVICE_TIMEOUT: '16s' },
    'ZERG_TASKS_SERVICE_TIMEOUT',
    /nobody would wait/,
  ],
  [
    'an idle timeout that Bun cannot keep',
    { ZERG_HTTP_IDLE_TIMEOUT: '256s' },
    'ZERG_HTTP_IDLE_TIMEOUT',
    /from 1s to 255s/,
  ],
  [
    'the operations port on the public one',
    { ZERG_OPS_PORT: '8080' },
    'ZERG_OPS_PORT',
    /same port as PORT/,
  ],
  ['gRPC on the public port', { ZERG_GRPC_PORT: '8080' }, 'ZERG_GRPC_PORT', /same port as PORT/],
  [
    'gRPC on the operations port',
    { ZERG_GRPC_PORT: '9090' },
    'ZERG_GRPC_PORT',
    /same port as ZERG_OPS_PORT/,
  ],
  [
    'a Tasks service beside one’s own',
    { TASKS_SERVICE_ADDR: 'tasks:1', DATABASE_URL: DB },
    'TASKS_SERVICE_ADDR',
    /serve tasks itself/,
  ],
  [
    'a Tasks service with an embedded database',
    { TASKS_SERVICE_ADDR: 'tasks:1', ZERG_ROLES: 'api' },
    'TASKS_SERVICE_ADDR',
    /cannot share the embedded database/,
  ],
  [
    'readiness by a Tasks service that there is not',
    { ZERG_READY_REQUIRES: 'tasks-service' },
    'ZERG_READY_REQUIRES',
    /in process/,
  ],
  [
    'an authority that verifies nothing',
    { ZERG_DATABASE_TLS_CA: import.meta.path, DATABASE_URL: DB },
    'ZERG_DATABASE_TLS_CA',
    /verifies nothing/,
  ],
  [
    'ephemeral with a PostgreSQL',
    { ZERG_EPHEMERAL: 'true', DATABASE_URL: DB },
    'ZERG_EPHEMERAL',
    /would keep everything/,
  ],
  [
    'unsynced with a PostgreSQL',
    { ZERG_EMBEDDED_SYNC: 'false', DATABASE_URL: DB },
    'ZERG_EMBEDDED_SYNC',
    /about the embedded database/,
  ],
])('%s is a problem', (...[, environment, name, reason]) => {
  expect(problemsOf(environment)).toEqual([
    expect.objectContaining({ name, reason: expect.stringMatching(reason) }),
  ])
})

test.each<[string, Record<string, string>]>([
  ['ports that are all picked freely', { PORT: '0', ZERG_OPS_PORT: '0', ZERG_GRPC_PORT: '0' }],
  ['a port that the roles do not open', { ZERG_GRPC_PORT: '8080', ZERG_ROLES: 'tasks' }],
  [
    'the API alone with a Tasks service',
    { ZERG_ROLES: 'api', TASKS_SERVICE_ADDR: 'a:1,b:2', DATABASE_URL: DB },
  ],
  ['the API alone without one', { ZERG_ROLES: 'api' }],
  ['no window at all', { ZERG_DRAIN_MAX: '0' }],
  ['a short deadline beside limits that nobody chose', { ZERG_REQUEST_TIMEOUT: '1s' }],
  ['production with TLS by default', { ZERG_ENV: 'production', DATABASE_URL: DB }],
  [
    'production beside its database',
    {
      ZERG_ENV: 'production',
      ZERG_DATABASE_TLS: 'disable',
      DATABASE_URL: 'postgres://zerg:Xq7-random@127.0.0.1:5432/zerg',
    },
  ],
  [
    'production over a socket',
    { ZERG_ENV: 'production', DATABASE_URL: 'postgres:///zerg?host=/run/postgresql&user=zerg' },
  ],
])('%s is no problem', (_, environment) => {
  expect(problemsOf(environment)).toEqual([])
})

test.each<[string, Record<string, string>, readonly string[]]>([
  ['nothing set', {}, ['DATABASE_URL']],
  [
    'embedded parts',
    { ZERG_EPHEMERAL: 'true', ZERG_EMBEDDED_SYNC: 'false' },
    ['DATABASE_URL', 'ZERG_EPHEMERAL', 'ZERG_EMBEDDED_SYNC'],
  ],
  [
    'TLS that verifies nobody',
    { DATABASE_URL: DB, ZERG_DATABASE_TLS: 'require' },
    ['ZERG_DATABASE_TLS'],
  ],
  ['TLS that the URL weakens', { DATABASE_URL: `${DB}?sslmode=prefer` }, ['ZERG_DATABASE_TLS']],
  ['no password', { DATABASE_URL: 'postgres://zerg@db/zerg' }, ['DATABASE_URL']],
  ['a guessed password', { DATABASE_URL: 'postgres://zerg:Postgres@db/zerg' }, ['DATABASE_URL']],
  ['a password like the user', { DATABASE_URL: 'postgres://ada:ada@db/zerg' }, ['DATABASE_URL']],
  [
    'a guessed password in the query',
    { DATABASE_URL: 'postgres://ada@db/zerg?password=secret' },
    ['DATABASE_URL'],
  ],
])('production refuses %s, by name and with a fix', (_, environment, names) => {
  const problems = problemsOf({ ZERG_ENV: 'production', ...environment })
  expect(problems.map(({ name }) => name)).toEqual([...names])
  for (const { reason, fix } of problems) {
    expect(reason).toMatch(/production/)
    expect(fix).toMatch(/^(Set|Remove|Give) .*\.$/)
  }
})

// A contradiction with a default that only stands in for a broken value would mislead.
test('rules about a setting without a valid value are not asked', () => {
  const problems = problemsOf({ ZERG_SHUTDOWN_BUDGET: 'x', ZERG_DRAIN_MAX: '40s' })
  expect(problems.map(({ name }) => name)).toEqual(['ZERG_SHUTDOWN_BUDGET'])
})

const problemsOf = (environment: Record<string, string>) =>
  readConfig({ environment, folder: '/nowhere' }).problems
