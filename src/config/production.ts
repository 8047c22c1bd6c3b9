// What `ZERG_ENV=production` refuses: embedded parts and insecure defaults.

import { parseDatabaseUrl } from './database-url.ts'
import { parseRedisUrl } from './redis-url.ts'
import { ANY_ORIGIN } from './origins.ts'
import type { Rule } from './rule.ts'

// A password that everybody tries first is none.
const GUESSED = new Set([
  'postgres',
  'redis',
  'default',
  'password',
  'zerg',
  'admin',
  'root',
  'secret',
  'changeme',
  'test',
])

const refused: readonly Rule[] = [
  {
    about: ['ZERG_CORS_ORIGINS'],
    broken: ({ cors: { origins } }) =>
      origins.includes(ANY_ORIGIN) && {
        reason: 'is refused in production, since any page on the web could read answers',
        fix: 'Name the origins of your pages, such as https://app.example.com or https://*.example.com.',
      },
  },
  {
    about: ['DATABASE_URL'],
    broken: ({ database: { url } }) =>
      url === undefined && {
        reason: 'is not set, and production refuses the embedded database',
        fix: 'Set DATABASE_URL (or DATABASE_URL_FILE) to a PostgreSQL, or ZERG_ENV to another environment.',
      },
  },
  {
    about: ['ZERG_EPHEMERAL'],
    broken: ({ embedded: { ephemeral } }) =>
      ephemeral && {
        reason: 'is refused in production, since nothing would be kept',
        fix: 'Remove ZERG_EPHEMERAL and set DATABASE_URL.',
      },
  },
  {
    about: ['ZERG_EMBEDDED_SYNC'],
    broken: ({ embedded: { sync } }) =>
      !sync && {
        reason: 'is refused in production, since an acknowledged write could be lost',
        fix: 'Remove ZERG_EMBEDDED_SYNC and set DATABASE_URL.',
      },
  },
  {
    about: ['ZERG_DATABASE_TLS', 'DATABASE_URL'],
    broken: ({ database: { tls, url } }) =>
      url !== undefined &&
      !tls.startsWith('verify') &&
      !parseDatabaseUrl(url)?.isLocal && {
        reason: 'is refused in production, since anybody on the way could pose as the database',
        fix: 'Set ZERG_DATABASE_TLS=verify-full, with ZERG_DATABASE_TLS_CA where the authority is your own.',
      },
  },
  {
    about: ['DATABASE_URL'],
    broken: ({ database: { url } }) => {
      const parts = url === undefined ? undefined : parseDatabaseUrl(url)
      // A socket in the file system knows its users by themselves.
      if (!parts || parts.hosts.length === 0) return undefined
      const password = parts.password || (parts.query.get('password') ?? '')
      const fix =
        'Give the role a long random password, and hand the URL over by DATABASE_URL_FILE.'
      if (password === '') return { reason: 'has no password, which production refuses', fix }
      return (
        (GUESSED.has(password.toLowerCase()) || password === parts.user) && {
          reason: 'has a password that is guessed first, which production refuses',
          fix,
        }
      )
    },
  },
  {
    about: ['REDIS_URL'],
    broken: ({ redis: { url } }) =>
      url === undefined && {
        reason:
          'is not set, and production refuses limits and messages that each instance keeps for itself',
        fix: 'Set REDIS_URL (or REDIS_URL_FILE) to a Redis or Valkey, or ZERG_ENV to another environment.',
      },
  },
  {
    about: ['REDIS_URL'],
    broken: ({ redis: { url } }) => {
      const parts = url === undefined ? undefined : parseRedisUrl(url)
      return (
        parts &&
        !parts.hasTls &&
        !parts.isLocal && {
          reason: 'has no TLS, which production refuses for another machine',
          fix: 'Write it as rediss://…, with ZERG_REDIS_TLS_CA where the authority is your own.',
        }
      )
    },
  },
  {
    about: ['REDIS_URL'],
    broken: ({ redis: { url } }) => {
      const parts = url === undefined ? undefined : parseRedisUrl(url)
      if (!parts) return undefined
      const fix =
        'Give the user a long random password (ACL SETUSER, or requirepass), and hand the URL over by REDIS_URL_FILE.'
      if (parts.password === '') return { reason: 'has no password, which production refuses', fix }
      return (
        (GUESSED.has(parts.password.toLowerCase()) || parts.password === parts.user) && {
          reason: 'has a password that is guessed first, which production refuses',
          fix,
        }
      )
    },
  },
  {
    about: ['ZERG_SECRET'],
    broken: ({ auth: { secret } }) => {
      const fix =
        'Make one up with `openssl rand -base64 32`, and hand it to every instance by ZERG_SECRET_FILE.'
      if (secret === undefined)
        return {
          reason: 'is not set, and in production every instance has to be given the same',
          fix,
        }
      return isGuessable(secret) && { reason: 'is guessed easily, which production refuses', fix }
    },
  },
]

// Repetitions, and what stands in for a secret in examples.
const isGuessable = (secret: string): boolean =>
  new Set(secret).size < 12 ||
  /^(.{1,16})\1+$/.test(secret) ||
  /change.?me|example|password|secret|placeholder|0123456|1234567|abcdefg/i.test(secret)

const inProduction = (rule: Rule): Rule => ({
  about: [...rule.about, 'ZERG_ENV'],
  broken: facts => facts.environment === 'production' && rule.broken(facts),
})

/** Rules that are asked in production only. */
export const productionRules: readonly Rule[] = refused.map(inProduction)
