// The few kinds of setting. A kind turns text into a value, says what it takes, and shows a value again.

import { formatDuration, formatSize, parseDuration, parseSize } from '#lib/duration.ts'
import { checkDatabaseUrl, maskDatabaseUrl } from './database-url.ts'
import { checkRedisUrl, maskRedisUrl } from './redis-url.ts'
import { checkOrigins } from './origins.ts'

export type Kind<T> = {
  /** Completes "… is not": `a duration such as 250ms, 15s or 5m`. */
  expects: string
  /** The value, or undefined where the text is not of this kind. */
  parse(text: string): T | undefined
  show(value: T): string
  /** JSON Schema of the value in a YAML file. */
  jsonSchema: Readonly<Record<string, unknown>>
  /** What shells may complete. */
  choices?: readonly string[]
  /** What an empty text stands for; without it an empty text is no value. */
  whenEmpty?: { value: T }
  /** Why a text is refused and how to put it right, where more can be said than `expects`. */
  complaint?(text: string): Complaint | undefined
  /** A secret's text as it may be shown. */
  mask?(text: string): string
  /** The text names a file that must be readable. */
  isFile?: true
}

export type Complaint = { reason: string; fix: string }

export type Environment = 'development' | 'test' | 'staging' | 'production'

export type Setting<T> = {
  kind: Kind<T>
  /** The environment variable. */
  name: string
  /** The flag of `serve`, without dashes. */
  flag: string
  default: T
  defaults?: Partial<Record<Environment, T>>
  /** One sentence, ending with a full stop. */
  text: string
  secret: boolean
  /** Could take effect while running; the rest needs a restart. */
  reloadable: boolean
}

type Options<T> = {
  reloadable?: boolean
  secret?: boolean
  defaults?: Partial<Record<Environment, T>>
}

type Definition<T> = [name: string, flag: string, fallback: T, text: string, options?: Options<T>]

/** For the kinds of other files; each of them is used by the schema alone. */
export const define =
  <T>(kind: Kind<T>) =>
  // Five columns, so that the schema reads as a table.
  // oxlint-disable-next-line max-params
  (...[name, flag, fallback, text, options = {}]: Definition<T>): Setting<T> => ({
    kind,
    name,
    flag,
    default: fallback,
    text,
    secret: options.secret ?? false,
    reloadable: options.reloadable ?? false,
    ...(options.defaults && { defaults: options.defaults }),
  })

export const text = define<string>({
  expects: 'a text',
  parse: raw => raw,
  show: value => value,
  jsonSchema: { type: 'string' },
})

/** A text, or none. */
export const textOrNone = define<string | undefined>({
  expects: 'a text',
  parse: raw => raw,
  show: value => value ?? '',
  jsonSchema: { type: 'string' },
  whenEmpty: { value: undefined },
})

/** An address to bind, without a port. */
export const host = define<string>({
  expects: 'an IP address or a host name, without a port',
  parse: raw =>
    /^(?:[a-z\d](?:[a-z\d.-]*[a-z\d])?|[\da-f:.]*:[\da-f:.]*)$/i.test(raw) ? raw : undefined,
  show: value => value,
  jsonSchema: { type: 'string' },
})

/** A file that is read, or none. */
export const file = define<string | undefined>({
  expects: 'the path of a file',
  parse: raw => raw,
  show: value => value ?? '',
  jsonSchema: { type: 'string' },
  whenEmpty: { value: undefined },
  isFile: true,
})

// What a machine makes up at once has far more characters than this.
const SECRET_CHARACTERS_MIN = 32

type SecretForm = { min: number; pattern?: RegExp }

const secretOf = ({ min, pattern = /^/ }: SecretForm) =>
  define<string | undefined>({
    expects: `a text of at least ${min} characters`,
    parse: raw => (raw.length >= min && pattern.test(raw) ? raw : undefined),
    complaint: raw => ({
      reason:
        raw.length < min
          ? `has ${raw.length} characters, which is fewer than ${min}`
          : 'has characters that no token may have',
      fix: 'Make one up with `openssl rand -base64 32`.',
    }),
    mask: () => '***',
    show: value => value ?? '',
    jsonSchema: { type: 'string', minLength: min },
    whenEmpty: { value: undefined },
  })

/** A text that only this system knows; never shown. */
export const secret = secretOf({ min: SECRET_CHARACTERS_MIN })

/** One that is sent as `Authorization: Bearer …` (RFC 6750, section 2.1). */
export const bearerToken = secretOf({ min: 16, pattern: /^[\w.~+/-]+=*$/ })

export const databaseUrl = define<string | undefined>({
  expects: 'a URL such as postgres://user:password@host:5432/name',
  parse: raw => (checkDatabaseUrl(raw) ? undefined : raw),
  complaint: checkDatabaseUrl,
  mask: maskDatabaseUrl,
  show: value => value ?? '',
  jsonSchema: { type: 'string', pattern: '^postgres(ql)?://' },
  whenEmpty: { value: undefined },
})

export const redisUrl = define<string | undefined>({
  expects: 'a URL such as redis://user:password@host:6379',
  parse: raw => (checkRedisUrl(raw) ? undefined : raw),
  complaint: checkRedisUrl,
  mask: maskRedisUrl,
  show: value => value ?? '',
  jsonSchema: { type: 'string', pattern: '^rediss?://' },
  whenEmpty: { value: undefined },
})

const ADDRESS = /^(?:[a-z\d](?:[a-z\d.-]*[a-z\d])?|\[[\da-f:.]+\]):\d{1,5}$/i

/** Where another process listens: `host:port`, several separated by commas. */
export const addresses = define<readonly string[]>({
  expects: 'one or more addresses such as tasks.internal:50051, separated by commas',
  parse: raw => {
    const parts = partsOf(raw)
    const fits = parts.every(
      part => ADDRESS.test(part) && isPort(part.slice(part.lastIndexOf(':') + 1)),
    )
    return fits ? parts : undefined
  },
  show: value => value.join(','),
  jsonSchema: { type: ['string', 'array'], items: { type: 'string' } },
  whenEmpty: { value: [] },
})

/** Origins of web pages, separated by commas. */
export const origins = define<readonly string[]>({
  expects: 'one or more origins such as https://app.example.com, separated by commas',
  parse: raw => (checkOrigins(partsOf(raw)) ? undefined : partsOf(raw)),
  complaint: raw => checkOrigins(partsOf(raw)),
  show: value => value.join(','),
  jsonSchema: { type: ['string', 'array'], items: { type: 'string' } },
  whenEmpty: { value: [] },
})

/** Some of a few words, separated by commas; `none` allows an empty list. */
const words = <Choice extends string>(choices: readonly Choice[], none: boolean) =>
  define<readonly Choice[]>({
    expects: `one or more of ${choices.join(', ')}, separated by commas`,
    parse: raw => {
      const parts = partsOf(raw)
      const known = choices.filter(choice => parts.includes(choice))
      return parts.length > 0 && parts.every(part => known.some(word => word === part))
        ? known
        : undefined
    },
    show: value => value.join(','),
    jsonSchema: { type: ['string', 'array'], items: { type: 'string', enum: choices } },
    choices,
    ...(none && { whenEmpty: { value: [] } }),
  })

export const some = <Choice extends string>(...choices: readonly Choice[]) => words(choices, false)

export const anyOf = <Choice extends string>(...choices: readonly Choice[]) => words(choices, true)

export const oneOf = <Choice extends string>(...choices: readonly Choice[]) =>
  define<Choice>({
    expects: `one of ${choices.join(', ')}`,
    parse: raw => choices.find(choice => choice === raw),
    show: value => value,
    jsonSchema: { type: 'string', enum: choices },
    choices,
  })

export const port = define<number>({
  expects: 'a port from 0 to 65535 (0 picks a free one)',
  parse: raw => (isPort(raw) ? Number(raw) : undefined),
  complaint: raw =>
    /^(?:tcp|udp):\/\//.test(raw)
      ? {
          reason:
            'is not a port but what Kubernetes puts into containers about a Service of this name',
          fix: 'Set `enableServiceLinks: false` in the pod, or name the Service differently.',
        }
      : undefined,
  show: String,
  jsonSchema: { type: 'integer', minimum: 0, maximum: 65_535 },
})

export const count = ({ min, max }: { min: number; max: number }) =>
  define<number>({
    expects: `a whole number from ${min} to ${max}`,
    parse: raw => within(/^\d{1,15}$/.test(raw) ? Number(raw) : undefined, min, max),
    show: String,
    jsonSchema: { type: 'integer', minimum: min, maximum: max },
  })

// Longer than a timer of the runtime can wait would fire at once.
const DURATION_MAX_MS = 24 * 3_600_000

const between = (minMs: number, remark: string) =>
  define<number>({
    expects: `a duration such as 250ms, 15s or 5m, ${remark} and at most 24h`,
    parse: raw => within(parseDuration(raw), minMs, DURATION_MAX_MS),
    show: formatDuration,
    jsonSchema: { type: ['string', 'integer'], pattern: String.raw`^(0|\d+(\.\d+)?(ms|s|m|h))$` },
  })

/** Milliseconds inside, written with a unit outside. */
export const duration = between(1, 'longer than 0')

/** The same; 0 leaves it out. */
export const durationOrNone = between(0, '0 for none')

/** Bytes inside, written with a unit outside. */
export const size = define<number>({
  expects: 'a size such as 512KiB or 1MiB, at most 1GiB',
  parse: raw => within(parseSize(raw), 1, 1024 ** 3),
  show: formatSize,
  jsonSchema: { type: 'string', pattern: String.raw`^\d+(B|KiB|MiB|GiB)$` },
})

export const flag = define<boolean>({
  expects: 'true or false',
  parse: raw => ({ true: true, on: true, false: false, off: false })[raw],
  show: String,
  jsonSchema: { type: 'boolean' },
  choices: ['true', 'false'],
})

export const partsOf = (raw: string) =>
  raw
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')

const isPort = (raw: string) => /^\d{1,5}$/.test(raw) && Number(raw) <= 65_535

const within = (value: number | undefined, min: number, max: number) =>
  value !== undefined && value >= min && value <= max ? value : undefined
