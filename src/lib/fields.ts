// The kinds of field that shapes are made of. Each knows what it takes, says in words what is wrong
// with a value, and stands in the API document as ordinary JSON Schema.

import {
  Kind,
  Type,
  TypeRegistry,
  type SchemaOptions,
  type TObject,
  type TProperties,
  type TUnsafe,
} from '@sinclair/typebox'
import { EMAIL_CHARACTERS_MAX, isEmail } from './email.ts'
import { isId } from './id.ts'
import { parseTime } from './time.ts'

type Rules = {
  /** Completes "`title` …": `must be a text`. Undefined where the value is fine. */
  complaint(value: unknown): string | undefined
  /** A query parameter as a value of this kind; what cannot be one stays text and gets its complaint. */
  fromText?(text: string): unknown
}

const rules = Symbol('rules')

export type Field<T> = TUnsafe<T> & { [rules]: Rules }

// TypeBox asks this registry about kinds that are not its own.
TypeRegistry.Set<Field<unknown>>(
  'Field',
  (schema, value) => schema[rules].complaint(value) === undefined,
)

const field = <T>(own: Rules, schema: SchemaOptions): Field<T> => ({
  ...Type.Unsafe<T>({ ...schema, [Kind]: 'Field' }),
  [rules]: own,
})

export const rulesOf = (schema: object): Rules | undefined =>
  (schema as Partial<Field<unknown>>)[rules]

/** A text by its number of characters (code points, as JSON Schema counts them, not UTF-16 units). */
export const text = ({ min = 0, max, ...more }: SchemaOptions & { min?: number; max: number }) =>
  field<string>(
    { complaint: value => textComplaint(value, min, max) },
    { type: 'string', minLength: min, maxLength: max, ...more },
  )

/** A text that people know something by: nothing in it hides or turns around what stands beside it. */
export const line = ({ min = 0, max, ...more }: SchemaOptions & { min?: number; max: number }) =>
  field<string>(
    { complaint: value => textComplaint(value, min, max) ?? hiddenComplaint(String(value)) },
    { type: 'string', minLength: min, maxLength: max, ...more },
  )

export const id = (more: SchemaOptions = {}) =>
  field<string>(
    {
      complaint: value =>
        typeof value === 'string' && isId(value)
          ? undefined
          : 'must be a UUID in its hyphenated form',
    },
    { type: 'string', format: 'uuid', ...more },
  )

/** An e-mail address. What is sent may be in any case; `foldEmail` says what is kept. */
export const email = (more: SchemaOptions = {}) =>
  field<string>(
    {
      complaint: value =>
        typeof value === 'string' && value.isWellFormed() && isEmail(value)
          ? undefined
          : 'must be an e-mail address such as ada@example.com',
    },
    { type: 'string', format: 'email', maxLength: EMAIL_CHARACTERS_MAX, ...more },
  )

export const time = (more: SchemaOptions = {}) =>
  field<string>(
    {
      complaint: value =>
        typeof value === 'string' && parseTime(value) !== undefined
          ? undefined
          : 'must be an RFC 3339 date-time such as 2026-01-02T03:04:05Z',
    },
    { type: 'string', format: 'date-time', ...more },
  )

/** One of a few words. */
export const word = <const Word extends string>(words: readonly Word[], more: SchemaOptions = {}) =>
  field<Word>(
    {
      complaint: value =>
        words.some(known => known === value) ? undefined : `must be one of ${words.join(', ')}`,
    },
    { type: 'string', enum: words, ...more },
  )

/** One or more of a few words, each once. */
export const someOf = <const Word extends string>(
  words: readonly Word[],
  more: SchemaOptions = {},
) =>
  field<Word[]>(
    {
      complaint: value => {
        const isList = Array.isArray(value) && value.length > 0 && value.length <= words.length
        const fits =
          isList &&
          new Set(value).size === value.length &&
          value.every(item => words.some(known => known === item))
        return fits ? undefined : `must be a list of one or more of ${words.join(', ')}, each once`
      },
    },
    {
      type: 'array',
      items: { type: 'string', enum: words },
      minItems: 1,
      maxItems: words.length,
      uniqueItems: true,
      ...more,
    },
  )

export const whole = ({ min, max, ...more }: SchemaOptions & { min: number; max: number }) =>
  field<number>(
    {
      complaint: value =>
        Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
          ? undefined
          : `must be a whole number from ${min} to ${max}`,
      fromText: raw => (/^-?\d{1,15}$/.test(raw) ? Number(raw) : raw),
    },
    { type: 'integer', minimum: min, maximum: max, ...more },
  )

export const flag = (more: SchemaOptions = {}) =>
  field<boolean>(
    {
      complaint: value => (typeof value === 'boolean' ? undefined : 'must be true or false'),
      fromText: raw => (raw === 'true' ? true : raw === 'false' ? false : raw),
    },
    { type: 'boolean', ...more },
  )

/** The same, or null. */
export function nullable<T>(inner: Field<T>): Field<T | null> {
  const { type, enum: words, ...schema } = inner
  const own = inner[rules]
  return field<T | null>(
    {
      complaint: value => {
        const complaint = value === null ? undefined : own.complaint(value)
        return complaint?.startsWith('must be') ? `${complaint}, or null` : complaint
      },
    },
    { ...schema, type: [type, 'null'], ...(words && { enum: [...words, null] }) },
  )
}

const readOnly = Symbol('readOnly')

/**
 * An object of these fields and no others. Where it is what a client sends about a `resource`, the
 * refusal of the resource's other fields says that they are not for clients to set.
 */
export const fields = <Properties extends TProperties>(
  properties: Properties,
  more: SchemaOptions = {},
  resource?: TObject,
): TObject<Properties> => ({
  ...Type.Object(properties, { ...more, additionalProperties: false }),
  ...(resource && { [readOnly]: resource.properties }),
})

/** Whether the field is one of the resource and not of this shape. */
export const isReadOnly = (shape: object, name: string): boolean =>
  Object.hasOwn((shape as { [readOnly]?: TProperties })[readOnly] ?? {}, name)

function textComplaint(value: unknown, min: number, max: number): string | undefined {
  if (typeof value !== 'string') return 'must be a text'
  // PostgreSQL cannot keep either; refused here, they never become its error.
  if (value.includes('\0')) return 'must not contain the character NUL (U+0000)'
  if (!value.isWellFormed()) return 'must not contain half of a surrogate pair'
  const length = value.length <= max && value.length >= min * 2 ? min : characters(value)
  if (length >= min && length <= max) return undefined
  return `must have ${min} to ${max} characters, not ${length}`
}

const PLAIN = /^[\x20-\x7e]*$/
// Embeddings, overrides and isolates of text from right to left (Unicode annex 9).
const TURNING = /[\u202a-\u202e\u2066-\u2069]/
// Zero-width spaces and the like. Joiners are not among them: emoji and many scripts need those.
const HIDDEN = /[\u180e\u200b\u2060-\u2064\ufeff]/
const NOTHING_SEEN = /^[\p{Cf}\s]+$/u

function hiddenComplaint(text: string): string | undefined {
  if (PLAIN.test(text)) return undefined
  if (TURNING.test(text)) return 'must not contain characters that turn the direction of text'
  if (HIDDEN.test(text)) return 'must not contain characters that cannot be seen'
  return NOTHING_SEEN.test(text) ? 'must contain something that can be seen' : undefined
}

/** The number of code points. */
function characters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
