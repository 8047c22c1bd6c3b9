// The few kinds of setting. A kind turns text into a value, says what it takes, and shows a value again.

import { formatDuration, formatSize, parseDuration, parseSize } from '#lib/duration.ts'

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
}

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

const define =
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

/** A text that may be left out; then the value is undefined. */
export const optional = define<string | undefined>({
  expects: 'a text',
  parse: raw => raw,
  show: value => value ?? '',
  jsonSchema: { type: 'string' },
})

export const list = define<readonly string[]>({
  expects: 'a list separated by commas',
  parse: raw =>
    raw
      .split(',')
      .map(part => part.trim())
      .filter(part => part !== ''),
  show: value => value.join(','),
  jsonSchema: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
})

/** Some of a few words, separated by commas. */
export const some = <Choice extends string>(...choices: readonly Choice[]) =>
  define<readonly Choice[]>({
    expects: `one or more of ${choices.join(', ')}, separated by commas`,
    parse: raw => {
      const parts = raw.split(',').map(part => part.trim())
      const known = choices.filter(choice => parts.includes(choice))
      return parts.every(part => part === '' || choices.includes(part as Choice))
        ? known
        : undefined
    },
    show: value => value.join(','),
    jsonSchema: {
      oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string', enum: choices } }],
    },
    choices,
  })

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
  parse: raw => (/^\d{1,5}$/.test(raw) && Number(raw) <= 65_535 ? Number(raw) : undefined),
  show: String,
  jsonSchema: { type: 'integer', minimum: 0, maximum: 65_535 },
})

export const count = ({ min, max }: { min: number; max: number }) =>
  define<number>({
    expects: `a whole number from ${min} to ${max}`,
    parse: raw => {
      const value = /^\d+$/.test(raw) ? Number(raw) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
    show: String,
    jsonSchema: { type: 'integer', minimum: min, maximum: max },
  })

/** Milliseconds inside, written with a unit outside. */
export const duration = define<number>({
  expects: 'a duration such as 250ms, 15s or 5m',
  parse: parseDuration,
  show: formatDuration,
  jsonSchema: { type: 'string', pattern: String.raw`^(0|\d+(\.\d+)?(ms|s|m|h))$` },
})

/** Bytes inside, written with a unit outside. */
export const size = define<number>({
  expects: 'a size such as 512KiB or 1MiB',
  parse: parseSize,
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
