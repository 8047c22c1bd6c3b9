// Contradictions between settings, and who asks every rule.

import { formatDuration, formatSize } from '#lib/duration.ts'
import { ANY_ORIGIN } from './origins.ts'
import { type ConfigProblem, problemOf, type Resolved } from './problem.ts'
import { productionRules } from './production.ts'
import { grpcRules } from './grpc-rules.ts'
import { redisRules } from './redis-rules.ts'
import type { Facts, Rule } from './rule.ts'
import type { Config } from './schema.ts'

/** Rules about a setting that has no valid value are not asked. */
export function brokenRules(config: Config, resolved: readonly Resolved[]): ConfigProblem[] {
  const byName = new Map(resolved.map(entry => [entry.placed.setting.name, entry]))
  const isSet = (name: string) => byName.get(name)?.origin.kind !== 'default'
  return RULES.flatMap(({ about, broken }) => {
    if (!about.every(name => byName.get(name)?.isValid)) return []
    const complaint = broken({ ...config, isSet })
    return complaint ? [problemOf(byName.get(about[0])!, complaint)] : []
  })
}

const show = formatDuration

const contradictions: readonly Rule[] = [
  {
    about: ['ZERG_DRAIN_MAX', 'ZERG_SHUTDOWN_BUDGET'],
    broken: ({ lifecycle: { drainMaxMs, budgetMs } }) =>
      drainMaxMs >= budgetMs && {
        reason: `is not shorter than ZERG_SHUTDOWN_BUDGET (${show(budgetMs)}), so nothing would be left for closing`,
        fix: 'Shorten ZERG_DRAIN_MAX or lengthen ZERG_SHUTDOWN_BUDGET.',
      },
  },
  inside('ZERG_DATABASE_ACQUIRE_TIMEOUT', 'ZERG_REQUEST_TIMEOUT', {
    limits: ({ database, http }) => [database.acquireTimeoutMs, http.requestTimeoutMs],
    so: 'it could never be reached',
    mayBeEqual: false,
  }),
  inside('ZERG_DATABASE_STATEMENT_TIMEOUT', 'ZERG_REQUEST_TIMEOUT', {
    limits: ({ database, http }) => [database.statementTimeoutMs, http.requestTimeoutMs],
    so: 'nobody would wait for the statement',
  }),
  inside('ZERG_DATABASE_LOCK_TIMEOUT', 'ZERG_DATABASE_STATEMENT_TIMEOUT', {
    limits: ({ database }) => [database.lockTimeoutMs, database.statementTimeoutMs],
    so: 'it could never be reached',
  }),
  inside('ZERG_DATABASE_CONNECT_TIMEOUT', 'ZERG_START_TIMEOUT', {
    limits: ({ database, lifecycle }) => [database.connectTimeoutMs, lifecycle.startTimeoutMs],
    so: 'a start would end before its first try',
  }),
  inside('ZERG_TASKS_SERVICE_TIMEOUT', 'ZERG_REQUEST_TIMEOUT', {
    limits: ({ tasksService, http }) => [tasksService.timeoutMs, http.requestTimeoutMs],
    so: 'nobody would wait for the call',
  }),
  {
    about: ['ZERG_SESSION_IDLE_MAX', 'ZERG_SESSION_MAX'],
    broken: ({ auth: { sessionIdleMs, sessionMaxMs } }) =>
      sessionIdleMs > sessionMaxMs && {
        reason: `is longer than ZERG_SESSION_MAX (${show(sessionMaxMs)}), so it could never be reached`,
        fix: 'Shorten ZERG_SESSION_IDLE_MAX or lengthen ZERG_SESSION_MAX.',
      },
  },
  {
    about: ['ZERG_OIDC_ISSUER', 'ZERG_OIDC_AUDIENCE', 'ZERG_OIDC_JWKS_URL'],
    broken: ({ oidc: { issuer, audience, jwksUrl } }) =>
      issuer !== undefined &&
      (audience === undefined || jwksUrl === undefined) && {
        reason: 'names an identity provider, of which audience or keys are missing',
        fix: 'Set ZERG_OIDC_AUDIENCE and ZERG_OIDC_JWKS_URL as well.',
      },
  },
  {
    about: ['ZERG_OIDC_ISSUER', 'ZERG_AUTH_ISSUER'],
    broken: ({ oidc, auth }) =>
      oidc.issuer === auth.issuer && {
        reason: 'is the same as ZERG_AUTH_ISSUER, so nobody could tell whose tokens they are',
        fix: 'Choose another ZERG_AUTH_ISSUER.',
      },
  },
  {
    about: ['ZERG_HTTP_IDLE_TIMEOUT'],
    broken: ({ http: { idleTimeoutMs } }) =>
      (idleTimeoutMs > 255_000 || idleTimeoutMs < 1_000) && {
        reason: 'is not from 1s to 255s, which is what the HTTP server can keep',
        fix: 'Choose a duration from 1s to 255s.',
      },
  },
  ...belowBun('ZERG_HTTP_URL_MAX', ({ http }) => [http.urlMaxBytes, 8_192]),
  ...belowBun('ZERG_HTTP_HEADERS_MAX', ({ http }) => [http.headersMaxBytes, 15_360]),
  ...samePort('ZERG_OPS_PORT', 'PORT', ({ http }) => [http.opsPort, http.port]),
  ...samePort('ZERG_GRPC_PORT', 'PORT', ({ grpc, http }) => [grpc.port, http.port]),
  ...samePort('ZERG_GRPC_PORT', 'ZERG_OPS_PORT', ({ grpc, http }) => [grpc.port, http.opsPort]),
  {
    about: ['TASKS_SERVICE_ADDR', 'ZERG_ROLES'],
    broken: ({ tasksService: { addresses }, roles }) =>
      addresses.length > 0 &&
      roles.includes('tasks') && {
        reason: 'names another Tasks service, but this process is to serve tasks itself',
        fix: 'Set ZERG_ROLES=api, or remove TASKS_SERVICE_ADDR.',
      },
  },
  {
    about: ['TASKS_SERVICE_ADDR', 'DATABASE_URL'],
    broken: ({ tasksService: { addresses }, database: { url } }) =>
      addresses.length > 0 &&
      url === undefined && {
        reason: 'names another process, which cannot share the embedded database of this one',
        fix: 'Set DATABASE_URL in both to the same database, or remove TASKS_SERVICE_ADDR.',
      },
  },
  {
    about: ['ZERG_READY_REQUIRES', 'TASKS_SERVICE_ADDR'],
    broken: ({ lifecycle: { readyRequires }, tasksService: { addresses } }) =>
      readyRequires.includes('tasks-service') &&
      addresses.length === 0 && {
        reason: 'requires a Tasks service, but tasks are served in process',
        fix: 'Set TASKS_SERVICE_ADDR, or remove tasks-service from ZERG_READY_REQUIRES.',
      },
  },
  {
    about: ['ZERG_DATABASE_TLS_CA', 'ZERG_DATABASE_TLS'],
    broken: ({ database: { tls, tlsCa } }) =>
      tlsCa !== undefined &&
      !tls.startsWith('verify') && {
        reason: `has no effect while ZERG_DATABASE_TLS is ${tls}, which verifies nothing`,
        fix: 'Set ZERG_DATABASE_TLS to verify-full (or verify-ca), or remove ZERG_DATABASE_TLS_CA.',
      },
  },
  {
    about: ['ZERG_CORS_CREDENTIALS', 'ZERG_CORS_ORIGINS'],
    broken: ({ cors: { credentials, origins } }) =>
      credentials &&
      origins.includes(ANY_ORIGIN) && {
        reason:
          'cannot be combined with ZERG_CORS_ORIGINS=*, since any page could then act as its visitor',
        fix: 'Name the origins that you trust, or set ZERG_CORS_CREDENTIALS=false.',
      },
  },
  {
    about: ['ZERG_EPHEMERAL', 'DATABASE_URL'],
    broken: ({ embedded: { ephemeral }, database: { url } }) =>
      ephemeral &&
      url !== undefined && {
        reason:
          'is about the embedded database, but DATABASE_URL names another, which would keep everything',
        fix: 'Remove ZERG_EPHEMERAL or DATABASE_URL.',
      },
  },
  {
    about: ['ZERG_BOOTSTRAP_KEY_FILE', 'DATABASE_URL'],
    broken: ({ keys: { bootstrapFile }, database: { url } }) =>
      bootstrapFile !== undefined &&
      url !== undefined && {
        reason: 'is about the embedded database, but DATABASE_URL names another',
        fix: 'Remove it; `zerg users create-admin` makes the first user there.',
      },
  },
  {
    about: ['ZERG_EMBEDDED_SYNC', 'DATABASE_URL'],
    broken: ({ embedded: { sync }, database: { url } }) =>
      !sync &&
      url !== undefined && {
        reason: 'is about the embedded database, but DATABASE_URL names another',
        fix: 'Remove ZERG_EMBEDDED_SYNC or DATABASE_URL.',
      },
  },
]

type Limits = {
  limits(facts: Facts): readonly [innerMs: number, outerMs: number]
  so: string
  mayBeEqual?: boolean
}

/**
 * A limit within another. One that nobody chose does not stand in the way of a shorter one around
 * it: that one ends the work first.
 */
function inside(name: string, outer: string, { limits, so, mayBeEqual = true }: Limits): Rule {
  return {
    about: [name, outer],
    broken: facts => {
      const [innerMs, outerMs] = limits(facts)
      return (
        facts.isSet(name) &&
        (mayBeEqual ? innerMs > outerMs : innerMs >= outerMs) && {
          reason: `is ${mayBeEqual ? 'longer' : 'not shorter'} than ${outer} (${show(outerMs)}), so ${so}`,
          fix: `Shorten ${name} or lengthen ${outer}.`,
        }
      )
    },
  }
}

/** What the HTTP server itself refuses is answered without our body; our limits have to come first. */
function belowBun(
  name: string,
  sizesOf: (facts: Facts) => readonly [bytes: number, maxBytes: number],
): readonly Rule[] {
  return [
    {
      about: [name],
      broken: facts => {
        const [bytes, maxBytes] = sizesOf(facts)
        return (
          bytes > maxBytes && {
            reason: `is more than ${formatSize(maxBytes)}, which the HTTP server would refuse by itself`,
            fix: `Choose at most ${formatSize(maxBytes)}.`,
          }
        )
      },
    },
  ]
}

/** 0 is never the same port, and only a process with the role opens its port. */
function samePort(
  name: string,
  other: string,
  portsOf: (facts: Facts) => readonly [number, number],
): readonly Rule[] {
  const roles: Readonly<Record<string, 'api' | 'tasks'>> = { PORT: 'api', ZERG_GRPC_PORT: 'tasks' }
  const opens = (facts: Facts, port: string) => {
    const role = roles[port]
    return role === undefined || facts.roles.includes(role)
  }
  return [
    {
      about: [name, other, 'ZERG_ROLES'],
      broken: facts => {
        const [mine, theirs] = portsOf(facts)
        if (mine === 0 || mine !== theirs || !opens(facts, name) || !opens(facts, other)) return
        return { reason: `is the same port as ${other}`, fix: 'Give each a port of its own.' }
      },
    },
  ]
}

const RULES: readonly Rule[] = [...contradictions, ...grpcRules, ...redisRules, ...productionRules]
