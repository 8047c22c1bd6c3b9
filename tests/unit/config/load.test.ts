// Which source wins, where a value is said to come from, and what is refused.

import { expect, test } from 'bun:test'
import { loadConfig, readConfig } from '#config/load.ts'
import { ConfigError, sentenceOf, sourceOf } from '#config/problem.ts'
import { folderWith, removeFolders } from '../../support/config-folder.ts'

removeFolders()

// Each row is one text that is no value of its setting.
test.each([
  ['PORT', '80800', 'is not a port from 0 to 65535 (0 picks a free one)'],
  ['PORT', '8080 ', 'is not a port from 0 to 65535 (0 picks a free one)'],
  ['PORT', '-1', 'is not a port from 0 to 65535 (0 picks a free one)'],
  ['HOST', 'localhost:80', 'is not an IP address or a host name, without a port'],
  ['ZERG_ENV', 'prod', 'is not one of development, test, staging, production'],
  ['ZERG_ROLES', 'api,worker', 'is not one or more of api, tasks, separated by commas'],
  ['ZERG_ROLES', ',', 'is not one or more of api, tasks, separated by commas'],
  [
    'ZERG_REQUEST_TIMEOUT',
    '15',
    'is not a duration such as 250ms, 15s or 5m, longer than 0 and at most 24h',
  ],
  [
    'ZERG_REQUEST_TIMEOUT',
    '0',
    'is not a duration such as 250ms, 15s or 5m, longer than 0 and at most 24h',
  ],
  [
    'ZERG_DRAIN_MAX',
    '25h',
    'is not a duration such as 250ms, 15s or 5m, 0 for none and at most 24h',
  ],
  ['ZERG_HTTP_BODY_MAX', '1MB', 'is not a size such as 512KiB or 1MiB, at most 1GiB'],
  ['ZERG_HTTP_BODY_MAX', '2GiB', 'is not a size such as 512KiB or 1MiB, at most 1GiB'],
  ['ZERG_DATABASE_POOL_MAX', '0', 'is not a whole number from 1 to 1000'],
  ['ZERG_EPHEMERAL', 'yes', 'is not true or false'],
  [
    'TASKS_SERVICE_ADDR',
    'tasks',
    'is not one or more addresses such as tasks.internal:50051, separated by commas',
  ],
  [
    'TASKS_SERVICE_ADDR',
    'tasks:70000',
    'is not one or more addresses such as tasks.internal:50051, separated by commas',
  ],
  [
    'ZERG_LIMIT_CALLER_READ',
    '600',
    'is not a rate such as 600/1m (at most 1000000, in 1s to 24h), or off',
  ],
  [
    'ZERG_LIMIT_CALLER_READ',
    '0/1m',
    'is not a rate such as 600/1m (at most 1000000, in 1s to 24h), or off',
  ],
  [
    'ZERG_LIMIT_OVERRIDES',
    'role:boss.read=off',
    'is not one or more of role:<role>.<class>=<rate>, key:<id>.<class>=<rate> and user:<id>.<class>=<rate>, separated by commas',
  ],
  [
    'ZERG_LIMIT_OVERRIDES',
    'key:0190.read=off',
    'is not one or more of role:<role>.<class>=<rate>, key:<id>.<class>=<rate> and user:<id>.<class>=<rate>, separated by commas',
  ],
  [
    'ZERG_TRUSTED_PROXIES',
    '10/8',
    'is not one or more networks such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, separated by commas',
  ],
  [
    'ZERG_TRUSTED_PROXIES',
    'proxy.internal',
    'is not one or more networks such as 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32, separated by commas',
  ],
  ['ZERG_DATABASE_TLS_CA', '/nowhere/ca.pem', 'names a file that cannot be read'],
])('%s of "%s" is refused', (name, value, reason) => {
  const problems = problemsOf({ [name]: value })
  expect(problems).toEqual([
    expect.objectContaining({ name, value: value, source: 'environment', reason }),
  ])
  expect(problems[0]!.fix).toEndWith(problems[0]!.fix.includes('mean') ? '?' : '.')
})

test('every problem is told at once', () => {
  const names = problemsOf({
    PORT: 'http',
    LOG_LEVEL: 'loud',
    ZERG_DRAIN_MAX: '1m',
    ZERG_DRIAN_MAX: '1m',
    DATABASE_URL: 'mysql://db/zerg',
  }).map(({ name }) => name)
  expect(names.toSorted()).toEqual([
    'DATABASE_URL',
    'LOG_LEVEL',
    'PORT',
    'ZERG_DRAIN_MAX',
    'ZERG_DRIAN_MAX',
  ])
})

test('loadConfig throws them all, in words', () => {
  const load = () => loadConfig({ environment: { PORT: 'a', LOG_LEVEL: 'b' }, folder: empty })
  expect(load).toThrow(ConfigError)
  expect(load).toThrow(/PORT "a" \(environment\) is not a port[\s\S]*LOG_LEVEL "b"/)
})

test('without anything set every value is its default', () => {
  const { config, origins } = loadConfig({ environment: {}, folder: empty })
  expect(config.http.host).toBe('127.0.0.1')
  expect(config.database.url).toBeUndefined()
  expect(new Set([...origins.values()].map(sourceOf))).toEqual(new Set(['default']))
})

test('a flag comes before the environment, that before the overlay, that before the file', () => {
  const folder = folderWith({
    'zerg.yaml': 'http:\n  port: 1\n  ops_port: 1\nlog:\n  level: error\ngrpc:\n  port: 1\n',
    'zerg.staging.yaml': 'http:\n  port: 2\n  ops_port: 2\nlog:\n  level: fatal\n',
  })
  const environment = { ZERG_ENV: 'staging', PORT: '3', ZERG_OPS_PORT: '3' }
  const { config, origins } = loadConfig({ flags: { port: '4' }, environment, folder })

  expect(config.http).toMatchObject({ port: 4, opsPort: 3 })
  expect([config.log.level, config.grpc.port]).toEqual(['fatal', 1])
  const source = (name: string) => sourceOf(origins.get(name)!)
  expect(['PORT', 'ZERG_OPS_PORT', 'LOG_LEVEL', 'ZERG_GRPC_PORT', 'HOST'].map(source)).toEqual([
    'flag --port',
    'environment',
    'zerg.staging.yaml:5',
    'zerg.yaml:7',
    'default',
  ])
})

test('an empty variable counts as not set, an empty flag as an empty value', () => {
  const folder = folderWith({ 'zerg.yaml': 'tasks_service:\n  addresses: a:1\nroles: api\n' })
  const read = (flags: Record<string, string>, environment: Record<string, string>) =>
    readConfig({ flags, environment, folder }).config.tasksService.addresses
  expect(read({}, { TASKS_SERVICE_ADDR: '' })).toEqual(['a:1'])
  expect(read({ 'tasks-service-addr': '' }, {})).toEqual([])
})

test('an empty flag is refused where there is no empty value', () => {
  const { problems } = readConfig({ flags: { port: '' }, environment: {}, folder: empty })
  expect(problems.map(sentenceOf)).toEqual([
    'PORT "" (flag --port) is empty, and not a port from 0 to 65535 (0 picks a free one).',
  ])
})

test('the environment changes defaults, and only those', () => {
  const of = (environment: Record<string, string>) =>
    readConfig({ environment, folder: empty }).config
  expect(of({ ZERG_ENV: 'production' }).database.tls).toBe('verify-full')
  expect(of({ ZERG_ENV: 'production', ZERG_DATABASE_TLS: 'require' }).database.tls).toBe('require')
  expect(of({ ZERG_ENV: 'test' }).log.level).toBe('warn')
  expect(of({}).database.tls).toBe('prefer')
})

test('sslmode in the URL counts where TLS is not set by its own name', () => {
  const of = (environment: Record<string, string>) =>
    readConfig({ environment, folder: empty }).config.database.tls
  const url = 'postgres://u:p@db/zerg?sslmode=require'
  expect(of({ DATABASE_URL: url })).toBe('require')
  expect(of({ DATABASE_URL: url, ZERG_DATABASE_TLS: 'disable' })).toBe('disable')
})

test('an unknown ZERG_ name is a problem that names the nearest known one, and never its value', () => {
  expect(problemsOf({ ZERG_DATABSE_POOL_MAX: 'hunter2' })).toEqual([
    {
      name: 'ZERG_DATABSE_POOL_MAX',
      value: null,
      source: 'environment',
      reason: 'is not a known setting',
      fix: 'Did you mean ZERG_DATABASE_POOL_MAX? Rename or remove it.',
    },
  ])
})

// Otherwise a Service called zerg would keep every pod of its namespace from starting.
test('what Kubernetes says about a Service called zerg is left alone', () => {
  const links = {
    ZERG_SERVICE_HOST: '10.0.0.1',
    ZERG_SERVICE_PORT: '80',
    ZERG_SERVICE_PORT_HTTP: '80',
    ZERG_PORT: 'tcp://10.0.0.1:80',
    ZERG_PORT_80_TCP: 'tcp://10.0.0.1:80',
    ZERG_PORT_80_TCP_ADDR: '10.0.0.1',
    ZERG_API_PORT_80_TCP_PROTO: 'tcp',
  }
  expect(problemsOf(links)).toEqual([])
})

test('a Service whose variable collides with a port is explained', () => {
  const [problem] = problemsOf({ ZERG_GRPC_PORT: 'tcp://10.0.0.1:50051' })
  expect(problem!.fix).toContain('enableServiceLinks: false')
})

test('a value with control characters or a password before an @ is shown without', () => {
  const [problem] = problemsOf({ LOG_LEVEL: 'x\u001B[31m' })
  expect(problem!.value).toBe(String.raw`x\u001b[31m`)
  const [other] = problemsOf({ TASKS_SERVICE_ADDR: 'dns://ada:hunter2@tasks:1' })
  expect(other!.value).not.toContain('hunter2')
})

const empty = folderWith()

const problemsOf = (environment: Record<string, string>) =>
  readConfig({ environment, folder: empty }).problems
