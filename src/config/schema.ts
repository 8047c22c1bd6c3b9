// Every setting there is: its kind, name, flag, default and one sentence. Not wrapped, to read as a table.
// `docs/configuration.md`, `.env.example`, `zerg config` and the flags of `serve` come from here.

import { addresses, anyOf, bearerToken, count, databaseUrl, duration, durationOrNone, file, flag, host, oneOf, origins, port, redisUrl, secret, size, some, text, textOrNone } from './kinds.ts'
import { networks, overrides, rate } from './limit-kinds.ts'
import { lifetime, roleMappings, secureUrl, signingKey } from './identity-kinds.ts'
import type { Setting } from './kinds.ts'

const live = { reloadable: true } as const

const environment = oneOf('development', 'test', 'staging', 'production')
const roles = some('api', 'tasks')
const dependencies = anyOf('database', 'tasks-service', 'redis')
const days = count({ min: 1, max: 36_500 })
const eachMinute = count({ min: 1, max: 60_000 })
const connections = count({ min: 1, max: 1_000 })
const requests = count({ min: 1, max: 1_000_000 })
const sessions = count({ min: 1, max: 200 })
const pooler = oneOf('none', 'transaction')
const tls = oneOf('disable', 'prefer', 'require', 'verify-ca', 'verify-full')
const level = oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent')
const format = oneOf('auto', 'json', 'pretty')

const perMinute = (limit: number) => ({ limit, windowMs: 60_000 })

export const schema = {
  environment: environment('ZERG_ENV', 'env', 'development', 'Sets defaults and strictness; `production` refuses embedded parts and insecure defaults.'),
  roles: roles('ZERG_ROLES', 'roles', ['api', 'tasks'], 'What this process serves: `api` (HTTP) and `tasks` (gRPC).'),
  http: {
    host: host('HOST', 'host', '127.0.0.1', 'Address that every port binds; loopback unless set.'),
    port: port('PORT', 'port', 8080, 'Port of the public HTTP API; 0 picks a free one.'),
    opsPort: port('ZERG_OPS_PORT', 'ops-port', 9090, 'Port of metrics and detailed health; 0 picks a free one.'),
    opsToken: bearerToken('ZERG_OPS_TOKEN', 'ops-token', undefined, 'Token, at least 16 characters, that the operations port asks for; empty tells metrics and detailed health to this machine only.', { secret: true }),
    bodyMaxBytes: size('ZERG_HTTP_BODY_MAX', 'http-body-max', 1_048_576, 'Largest request body accepted.'),
    requestTimeoutMs: duration('ZERG_REQUEST_TIMEOUT', 'request-timeout', 15_000, 'Deadline of a request; its `Request-Timeout` header may shorten it.', live),
    idleTimeoutMs: duration('ZERG_HTTP_IDLE_TIMEOUT', 'http-idle-timeout', 75_000, 'How long a quiet connection is kept; longer than the load balancer’s, at most 255s.'),
    urlMaxBytes: size('ZERG_HTTP_URL_MAX', 'http-url-max', 4_096, 'Longest path and query accepted, then 414; at most 8KiB.'),
    headersMaxBytes: size('ZERG_HTTP_HEADERS_MAX', 'http-headers-max', 12_288, 'Largest head of a request accepted, then 431; at most 15KiB.'),
    bodyTimeoutMs: duration('ZERG_HTTP_BODY_TIMEOUT', 'http-body-timeout', 10_000, 'Longest that a body may take to arrive, then 408.', live),
    inFlightMax: requests('ZERG_HTTP_IN_FLIGHT_MAX', 'http-in-flight-max', 2_000, 'Requests handled at once, then 503; health is always answered.', live),
    inFlightClientMax: requests('ZERG_HTTP_IN_FLIGHT_CLIENT_MAX', 'http-in-flight-client-max', 500, 'Requests of one address handled at once, then 429.', live),
    trustedProxies: networks('ZERG_TRUSTED_PROXIES', 'trusted-proxies', [], 'Networks whose `Forwarded` or `X-Forwarded-For` says where a client is; empty believes nobody.'),
    docs: flag('ZERG_HTTP_DOCS', 'http-docs', true, 'Serve the API document and its pages (/openapi.json, /docs).'),
  },
  cors: {
    origins: origins('ZERG_CORS_ORIGINS', 'cors-origins', [], 'Origins of web pages that may read answers: `https://app.example.com`, `https://*.example.com`, or `*` for all; empty for none.', live),
    credentials: flag('ZERG_CORS_CREDENTIALS', 'cors-credentials', false, 'Let those pages send cookies and client certificates, which Zerg itself does not read.'),
    maxAgeMs: durationOrNone('ZERG_CORS_MAX_AGE', 'cors-max-age', 600_000, 'How long browsers keep the answer to a preflight request.'),
  },
  grpc: {
    port: port('ZERG_GRPC_PORT', 'grpc-port', 50_051, 'Port of the Tasks service; 0 picks a free one.'),
    messageMaxBytes: size('ZERG_GRPC_MESSAGE_MAX', 'grpc-message-max', 4_194_304, 'Largest gRPC message accepted.'),
    reflection: flag('ZERG_GRPC_REFLECTION', 'grpc-reflection', true, 'Answer gRPC server reflection.'),
    inFlightMax: requests('ZERG_GRPC_IN_FLIGHT_MAX', 'grpc-in-flight-max', 1_000, 'Calls handled at once, then UNAVAILABLE; health is always answered.', live),
    inFlightCallerMax: requests('ZERG_GRPC_IN_FLIGHT_CALLER_MAX', 'grpc-in-flight-caller-max', 200, 'Calls of one user or key handled at once, then RESOURCE_EXHAUSTED.', live),
    tlsCert: file('ZERG_GRPC_TLS_CERT', 'grpc-tls-cert', undefined, 'File with the certificate and its chain (PEM) of the gRPC port; empty serves without TLS.'),
    tlsKey: file('ZERG_GRPC_TLS_KEY', 'grpc-tls-key', undefined, 'File with the private key (PEM) of that certificate.'),
    tlsClientCa: file('ZERG_GRPC_TLS_CLIENT_CA', 'grpc-tls-client-ca', undefined, 'File with the certificate authority (PEM) that clients of the gRPC port have to have a certificate of; empty asks for none.'),
  },
  tasksService: {
    addresses: addresses('TASKS_SERVICE_ADDR', 'tasks-service-addr', [], 'Addresses (host:port) of the Tasks service; empty calls it in process.'),
    timeoutMs: duration('ZERG_TASKS_SERVICE_TIMEOUT', 'tasks-service-timeout', 5_000, 'Longest that one call to the Tasks service may take, retries included.', live),
    tls: flag('ZERG_TASKS_SERVICE_TLS', 'tasks-service-tls', false, 'Reach the Tasks service by TLS alone.'),
    tlsCa: file('ZERG_TASKS_SERVICE_TLS_CA', 'tasks-service-tls-ca', undefined, 'File with the certificate authority (PEM) to verify the Tasks service by; empty uses the system’s.'),
    tlsCert: file('ZERG_TASKS_SERVICE_TLS_CERT', 'tasks-service-tls-cert', undefined, 'File with the certificate (PEM) to show to the Tasks service.'),
    tlsKey: file('ZERG_TASKS_SERVICE_TLS_KEY', 'tasks-service-tls-key', undefined, 'File with the private key (PEM) of that certificate.'),
  },
  auth: {
    secret: secret('ZERG_SECRET', 'secret', undefined, 'Master secret, at least 32 characters, the same on every instance; what has to stay secret is encrypted or signed by keys derived from it. Empty makes one up and keeps it in the data directory.', { secret: true }),
    secretPrevious: secret('ZERG_SECRET_PREVIOUS', 'secret-previous', undefined, 'The master secret before the present one, until what it protected has been renewed.', { secret: true }),
    issuer: text('ZERG_AUTH_ISSUER', 'auth-issuer', 'zerg', 'What access tokens say they were made by; the public URL of this installation is a good choice.'),
    audience: text('ZERG_AUTH_AUDIENCE', 'auth-audience', 'zerg', 'What access tokens say they are for.'),
    accessTtlMs: duration('ZERG_ACCESS_TOKEN_TTL', 'access-token-ttl', 900_000, 'How long an access token is good for.'),
    sessionIdleMs: lifetime('ZERG_SESSION_IDLE_MAX', 'session-idle-max', 14 * 24 * 3_600_000, 'A session that is not refreshed for so long ends.'),
    sessionMaxMs: lifetime('ZERG_SESSION_MAX', 'session-max', 90 * 24 * 3_600_000, 'A session ends after this, however often it was refreshed.'),
    sessionsMax: sessions('ZERG_SESSIONS_MAX', 'sessions-max', 20, 'Sessions that a user may have; one more ends the one refreshed longest ago.'),
    registration: flag('ZERG_REGISTRATION', 'registration', false, 'Whether strangers may open accounts for themselves.'),
    signingKey: signingKey('ZERG_SIGNING_KEY', 'signing-key', undefined, 'Ed25519 private key to sign access tokens with (PKCS#8 PEM or JWK); empty makes one and keeps it, encrypted, in the database.', { secret: true }),
  },
  oidc: {
    issuer: textOrNone('ZERG_OIDC_ISSUER', 'oidc-issuer', undefined, 'Issuer (`iss`) of an identity provider whose tokens are accepted too; empty accepts none.'),
    audience: textOrNone('ZERG_OIDC_AUDIENCE', 'oidc-audience', undefined, 'What its tokens have to be made for (`aud`).'),
    jwksUrl: secureUrl('ZERG_OIDC_JWKS_URL', 'oidc-jwks-url', undefined, 'Where its public keys are.'),
    rolesClaim: text('ZERG_OIDC_ROLES_CLAIM', 'oidc-roles-claim', 'roles', 'Claim that lists what a user is there; dots lead into objects (`realm_access.roles`).'),
    roles: roleMappings('ZERG_OIDC_ROLES', 'oidc-roles', [], 'What that means here, such as `zerg-admins=admin,staff=user`; empty leaves roles to administrators.'),
    createUsers: flag('ZERG_OIDC_CREATE_USERS', 'oidc-create-users', false, 'Whether users of the provider are created when they are first seen.'),
  },
  keys: {
    overlapMaxMs: duration('ZERG_KEYS_OVERLAP', 'keys-overlap', 24 * 3_600_000, 'Longest that the secret of an API key before a rotation works beside the new one; also what is usual.'),
    bootstrapFile: textOrNone('ZERG_BOOTSTRAP_KEY_FILE', 'bootstrap-key-file', undefined, 'File for the first API key of a new embedded database; empty shows it on a terminal, else leaves it in the data directory.'),
  },
  audit: {
    retentionDays: days('ZERG_AUDIT_RETENTION_DAYS', 'audit-retention-days', 400, 'How long `zerg audit prune` leaves entries of the audit log; whole months go.'),
    refusalsPerMinute: eachMinute('ZERG_AUDIT_REFUSALS_PER_MINUTE', 'audit-refusals-per-minute', 60, 'Refusals (401, 403, 429) that this process keeps in the audit log in the long run; the others are only counted.'),
  },
  database: {
    url: databaseUrl('DATABASE_URL', 'database-url', undefined, 'PostgreSQL ≥ 14 as postgres://user:password@host:port/name; empty runs the embedded one.', { secret: true }),
    poolMax: connections('ZERG_DATABASE_POOL_MAX', 'database-pool-max', 10, 'Connections that this process holds.'),
    acquireTimeoutMs: duration('ZERG_DATABASE_ACQUIRE_TIMEOUT', 'database-acquire-timeout', 5_000, 'Longest wait for a free connection, then 503 `database_busy`.', live),
    connectTimeoutMs: duration('ZERG_DATABASE_CONNECT_TIMEOUT', 'database-connect-timeout', 5_000, 'Longest wait for a new connection.'),
    statementTimeoutMs: duration('ZERG_DATABASE_STATEMENT_TIMEOUT', 'database-statement-timeout', 10_000, 'A statement that runs longer is cancelled by PostgreSQL.'),
    lockTimeoutMs: duration('ZERG_DATABASE_LOCK_TIMEOUT', 'database-lock-timeout', 3_000, 'A statement that waits longer for a lock is cancelled.'),
    idleInTransactionTimeoutMs: duration('ZERG_DATABASE_IDLE_IN_TRANSACTION_TIMEOUT', 'database-idle-in-transaction-timeout', 10_000, 'A transaction left idle longer is ended by PostgreSQL.'),
    pooler: pooler('ZERG_DATABASE_POOLER', 'database-pooler', 'none', 'Set `transaction` behind PgBouncer or another pooler in transaction mode: no prepared statements.'),
    tls: tls('ZERG_DATABASE_TLS', 'database-tls', 'prefer', 'TLS to PostgreSQL, in the words of libpq’s sslmode; `sslmode` in the URL counts where this is not set.', { defaults: { production: 'verify-full' } }),
    tlsCa: file('ZERG_DATABASE_TLS_CA', 'database-tls-ca', undefined, 'File with the certificate authority (PEM) to verify PostgreSQL by; empty uses the system’s.'),
  },
  redis: {
    url: redisUrl('REDIS_URL', 'redis-url', undefined, 'Redis ≥ 6 or Valkey as redis://user:password@host:6379, rediss:// for TLS; several hosts, separated by commas, for Sentinel or Cluster; empty keeps everything in this process.', { secret: true }),
    cluster: flag('ZERG_REDIS_CLUSTER', 'redis-cluster', false, 'REDIS_URL names nodes of a Redis Cluster.'),
    sentinelMaster: textOrNone('ZERG_REDIS_SENTINEL_MASTER', 'redis-sentinel-master', undefined, 'Name of the master that the Sentinels in REDIS_URL watch.'),
    sentinelUser: textOrNone('ZERG_REDIS_SENTINEL_USER', 'redis-sentinel-user', undefined, 'User for the Sentinels themselves, where they ask for one.'),
    sentinelPassword: textOrNone('ZERG_REDIS_SENTINEL_PASSWORD', 'redis-sentinel-password', undefined, 'Password for the Sentinels themselves, where they ask for one.', { secret: true }),
    tlsCa: file('ZERG_REDIS_TLS_CA', 'redis-tls-ca', undefined, 'File with the certificate authority (PEM) to verify Redis by; empty uses the system’s.'),
    prefix: text('ZERG_REDIS_PREFIX', 'redis-prefix', 'zerg', 'Begins every key and channel, so that several Zergs can share a Redis.'),
    connectTimeoutMs: duration('ZERG_REDIS_CONNECT_TIMEOUT', 'redis-connect-timeout', 2_000, 'Longest wait for a new connection.'),
    commandTimeoutMs: duration('ZERG_REDIS_COMMAND_TIMEOUT', 'redis-command-timeout', 300, 'Longest wait for an answer; then this process goes on by itself until Redis answers again.'),
  },
  limits: {
    enabled: flag('ZERG_LIMITS', 'limits', true, 'Limit how much each client may ask for.'),
    addressRead: rate('ZERG_LIMIT_ADDRESS_READ', 'limit-address-read', perMinute(12_000), 'Reads of one address, before it is known who asks.', live),
    addressWrite: rate('ZERG_LIMIT_ADDRESS_WRITE', 'limit-address-write', perMinute(6_000), 'Changes of one address.', live),
    addressLogin: rate('ZERG_LIMIT_ADDRESS_LOGIN', 'limit-address-login', perMinute(30), 'Attempts of one address to sign in or to show a password.', live),
    addressExpensive: rate('ZERG_LIMIT_ADDRESS_EXPENSIVE', 'limit-address-expensive', perMinute(600), 'Costly requests of one address, such as exports.', live),
    callerRead: rate('ZERG_LIMIT_CALLER_READ', 'limit-caller-read', perMinute(6_000), 'Reads of one user or key.', live),
    callerWrite: rate('ZERG_LIMIT_CALLER_WRITE', 'limit-caller-write', perMinute(1_200), 'Changes of one user or key.', live),
    callerLogin: rate('ZERG_LIMIT_CALLER_LOGIN', 'limit-caller-login', perMinute(10), 'Attempts of one user to show a password.', live),
    callerExpensive: rate('ZERG_LIMIT_CALLER_EXPENSIVE', 'limit-caller-expensive', perMinute(120), 'Costly requests of one user or key.', live),
    overrides: overrides('ZERG_LIMIT_OVERRIDES', 'limit-overrides', [], 'Other rates for callers, such as `role:admin.read=60000/1m,key:<id>.write=off`; one for a key or user comes before one for a role.', live),
  },
  embedded: {
    dataDir: text('ZERG_DATA_DIR', 'data-dir', '.zerg', 'Where the embedded database keeps its data.'),
    ephemeral: flag('ZERG_EPHEMERAL', 'ephemeral', false, 'Keep the embedded database in memory and nothing on disk.'),
    sync: flag('ZERG_EMBEDDED_SYNC', 'embedded-sync', true, 'Sync every acknowledged write of the embedded database to disk.'),
  },
  lifecycle: {
    drainMaxMs: durationOrNone('ZERG_DRAIN_MAX', 'drain-max', 10_000, 'Longest that connections are given to leave after SIGTERM.'),
    budgetMs: duration('ZERG_SHUTDOWN_BUDGET', 'shutdown-budget', 30_000, 'Longest that a whole shutdown may take; then the process is ended.'),
    startTimeoutMs: duration('ZERG_START_TIMEOUT', 'start-timeout', 8_000, 'Longest that a start waits for what it depends on.'),
    terminationLog: text('ZERG_TERMINATION_LOG', 'termination-log', '/dev/termination-log', 'File that gets the short shutdown report, if it exists already.'),
    readyRequires: dependencies('ZERG_READY_REQUIRES', 'ready-requires', [], 'Whose loss makes /ready answer 503; by default none, since every instance would leave at once.', live),
  },
  log: {
    level: level('LOG_LEVEL', 'log-level', 'info', 'Least severity that is logged.', { ...live, defaults: { test: 'warn' } }),
    format: format('ZERG_LOG_FORMAT', 'log-format', 'auto', '`auto` is readable on a terminal and JSON lines elsewhere.'),
  },
} as const

type ValueOf<S> = S extends Setting<infer T> ? T : never

/** The settings as values, in the same tree as the schema. */
export type Config = {
  readonly [Group in keyof typeof schema]: (typeof schema)[Group] extends Setting<infer T>
    ? T
    : { readonly [Key in keyof (typeof schema)[Group]]: ValueOf<(typeof schema)[Group][Key]> }
}
