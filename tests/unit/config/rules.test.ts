// Contradictions between settings, and what production refuses.

import { expect, test } from 'bun:test'
import { readConfig } from '#config/load.ts'

const DB = 'postgres://zerg:Xq7-random@db.internal/zerg'
const REDIS = 'rediss://zerg:Xq7-random@redis.internal'
const SECRET = 'tQ4vN0r8yL2kX6bZ9wC1mE5hJ7pS3dGf'
const production = {
  ZERG_ENV: 'production',
  DATABASE_URL: DB,
  REDIS_URL: REDIS,
  ZERG_SECRET: SECRET,
}

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
    'a certificate of the gRPC port without its key',
    { ZERG_GRPC_TLS_CERT: import.meta.path },
    'ZERG_GRPC_TLS_CERT',
    /set without ZERG_GRPC_TLS_KEY/,
  ],
  [
    'a key of the gRPC port without its certificate',
    { ZERG_GRPC_TLS_KEY: import.meta.path },
    'ZERG_GRPC_TLS_KEY',
    /set without ZERG_GRPC_TLS_CERT/,
  ],
  [
    'certificates of clients without TLS',
    { ZERG_GRPC_TLS_CLIENT_CA: import.meta.path },
    'ZERG_GRPC_TLS_CLIENT_CA',
    /the port has no TLS/,
  ],
  [
    'an authority for a Tasks service that is not reached by TLS',
    { ZERG_TASKS_SERVICE_TLS_CA: import.meta.path },
    'ZERG_TASKS_SERVICE_TLS_CA',
    /not reached by TLS/,
  ],
  [
    'TLS to an address without a name',
    {
      TASKS_SERVICE_ADDR: 'tasks:1,[::1]:50051',
      ZERG_TASKS_SERVICE_TLS: 'true',
      ZERG_ROLES: 'api',
      DATABASE_URL: DB,
    },
    'TASKS_SERVICE_ADDR',
    /no certificate is checked/,
  ],
  [
    'credentials for every page there is',
    { ZERG_CORS_ORIGINS: '*', ZERG_CORS_CREDENTIALS: 'true' },
    'ZERG_CORS_CREDENTIALS',
    /any page could then act/,
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
  [
    'several hosts of Redis that are neither Sentinels nor a Cluster',
    { REDIS_URL: 'redis://a,b:6380' },
    'REDIS_URL',
    /neither Sentinels nor a Cluster/,
  ],
  [
    'a Cluster behind Sentinels',
    { REDIS_URL: REDIS, ZERG_REDIS_CLUSTER: 'true', ZERG_REDIS_SENTINEL_MASTER: 'main' },
    'ZERG_REDIS_CLUSTER',
    /needs no Sentinels/,
  ],
  [
    'a numbered database of a Cluster',
    { REDIS_URL: `${REDIS}/1`, ZERG_REDIS_CLUSTER: 'true' },
    'REDIS_URL',
    /has only 0/,
  ],
  ['a Cluster without an address', { ZERG_REDIS_CLUSTER: 'true' }, 'ZERG_REDIS_CLUSTER', /not set/],
  [
    'readiness that needs a Redis that is not there',
    { ZERG_READY_REQUIRES: 'redis' },
    'ZERG_READY_REQUIRES',
    /REDIS_URL is not set/,
  ],
  [
    'a password for Sentinels that are not there',
    { REDIS_URL: REDIS, ZERG_REDIS_SENTINEL_PASSWORD: 'Xq7-random' },
    'ZERG_REDIS_SENTINEL_PASSWORD',
    /is for Sentinels/,
  ],
  [
    'an authority without TLS',
    { REDIS_URL: 'redis://redis.internal', ZERG_REDIS_TLS_CA: '/dev/null' },
    'ZERG_REDIS_TLS_CA',
    /asks for no TLS/,
  ],
  [
    'a wait for Redis as long as a request',
    { ZERG_REDIS_COMMAND_TIMEOUT: '15s' },
    'ZERG_REDIS_COMMAND_TIMEOUT',
    /wait for a lost Redis/,
  ],
  ['a prefix with spaces', { ZERG_REDIS_PREFIX: 'my zerg' }, 'ZERG_REDIS_PREFIX', /letters/],
  ['a URL longer than Bun takes', { ZERG_HTTP_URL_MAX: '9KiB' }, 'ZERG_HTTP_URL_MAX', /8KiB/],
  [
    'a head larger than Bun takes',
    { ZERG_HTTP_HEADERS_MAX: '16KiB' },
    'ZERG_HTTP_HEADERS_MAX',
    /15KiB/,
  ],
  [
    'a session that ends before it is idle',
    { ZERG_SESSION_IDLE_MAX: '720h', ZERG_SESSION_MAX: '24h' },
    'ZERG_SESSION_IDLE_MAX',
    /ZERG_SESSION_MAX \(24h\)/,
  ],
  [
    'an identity provider without its keys',
    { ZERG_OIDC_ISSUER: 'https://login.example.com', ZERG_OIDC_AUDIENCE: 'zerg' },
    'ZERG_OIDC_ISSUER',
    /audience or keys are missing/,
  ],
  [
    'an identity provider of one’s own name',
    {
      ZERG_OIDC_ISSUER: 'zerg',
      ZERG_OIDC_AUDIENCE: 'zerg',
      ZERG_OIDC_JWKS_URL: 'https://login.example.com/keys',
    },
    'ZERG_OIDC_ISSUER',
    /same as ZERG_AUTH_ISSUER/,
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
  ['every page, without credentials', { ZERG_CORS_ORIGINS: '*' }],
  ['a short deadline beside limits that nobody chose', { ZERG_REQUEST_TIMEOUT: '1s' }],
  ['production with TLS by default', production],
  [
    'production beside its database',
    {
      ...production,
      ZERG_DATABASE_TLS: 'disable',
      DATABASE_URL: 'postgres://zerg:Xq7-random@127.0.0.1:5432/zerg',
    },
  ],
  [
    'production over a socket',
    { ...production, DATABASE_URL: 'postgres:///zerg?host=/run/postgresql&user=zerg' },
  ],
  [
    'production beside its Redis',
    { ...production, REDIS_URL: 'redis://:Xq7-random@localhost:6379/2' },
  ],
  ['Sentinels', { REDIS_URL: 'redis://a:26379,b:26379', ZERG_REDIS_SENTINEL_MASTER: 'main' }],
  ['a Cluster', { REDIS_URL: 'redis://a,b,c', ZERG_REDIS_CLUSTER: 'true' }],
])('%s is no problem', (_, environment) => {
  expect(problemsOf(environment)).toEqual([])
})

test.each<[string, Record<string, string>, readonly string[]]>([
  [
    'nothing set',
    { DATABASE_URL: '', REDIS_URL: '', ZERG_SECRET: '' },
    ['DATABASE_URL', 'REDIS_URL', 'ZERG_SECRET'],
  ],
  [
    'embedded parts',
    { DATABASE_URL: '', ZERG_EPHEMERAL: 'true', ZERG_EMBEDDED_SYNC: 'false' },
    ['DATABASE_URL', 'ZERG_EPHEMERAL', 'ZERG_EMBEDDED_SYNC'],
  ],
  [
    'TLS that verifies nobody',
    { DATABASE_URL: DB, ZERG_DATABASE_TLS: 'require' },
    ['ZERG_DATABASE_TLS'],
  ],
  ['TLS that the URL weakens', { DATABASE_URL: `${DB}?sslmode=prefer` }, ['ZERG_DATABASE_TLS']],
  ['every page on the web', { DATABASE_URL: DB, ZERG_CORS_ORIGINS: '*' }, ['ZERG_CORS_ORIGINS']],
  ['no password', { DATABASE_URL: 'postgres://zerg@db/zerg' }, ['DATABASE_URL']],
  ['a guessed password', { DATABASE_URL: 'postgres://zerg:Postgres@db/zerg' }, ['DATABASE_URL']],
  ['a password like the user', { DATABASE_URL: 'postgres://ada:ada@db/zerg' }, ['DATABASE_URL']],
  [
    'a guessed password in the query',
    { DATABASE_URL: 'postgres://ada@db/zerg?password=secret' },
    ['DATABASE_URL'],
  ],
  ['a Redis without TLS', { REDIS_URL: 'redis://:Xq7-random@redis' }, ['REDIS_URL']],
  ['a Redis without a password', { REDIS_URL: 'rediss://redis' }, ['REDIS_URL']],
  ['a guessed password of Redis', { REDIS_URL: 'rediss://:Redis@redis' }, ['REDIS_URL']],
  ['a password of Redis like the user', { REDIS_URL: 'rediss://ada:ada@redis' }, ['REDIS_URL']],
  ['a secret of repetitions', { ZERG_SECRET: 'ab'.repeat(20) }, ['ZERG_SECRET']],
  [
    'a secret from an example',
    { ZERG_SECRET: 'please-ChangeMe-qwzxkvjy-0987654' },
    ['ZERG_SECRET'],
  ],
])('production refuses %s, by name and with a fix', (_, environment, names) => {
  const problems = problemsOf({ ...production, ...environment })
  expect(problems.map(({ name }) => name)).toEqual([...names])
  for (const { reason, fix } of problems) {
    expect(reason).toMatch(/production/)
    expect(fix).toMatch(/^(Set|Remove|Give|Make|Write|Name) .*\.$/)
  }
})

test.each(['BUN_OPTIONS', 'BUN_INSPECT', 'BUN_INSPECT_CONNECT_TO', 'BUN_INSPECT_PRELOAD'])(
  'production refuses %s, which runs other code; elsewhere it is a tool',
  name => {
    const problems = problemsOf({ ...production, [name]: '--preload=/tmp/x.ts' })
    expect(problems).toEqual([
      expect.objectContaining({ name, value: null, reason: expect.stringContaining('production') }),
    ])
    expect(problemsOf({ [name]: '--preload=/tmp/x.ts' })).toEqual([])
  },
)

// A contradiction with a default that only stands in for a broken value would mislead.
test('rules about a setting without a valid value are not asked', () => {
  const problems = problemsOf({ ZERG_SHUTDOWN_BUDGET: 'x', ZERG_DRAIN_MAX: '40s' })
  expect(problems.map(({ name }) => name)).toEqual(['ZERG_SHUTDOWN_BUDGET'])
})

const problemsOf = (environment: Record<string, string>) =>
  readConfig({ environment, folder: '/nowhere' }).problems
