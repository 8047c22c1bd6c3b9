// TypeBox shapes as the JSON Schema of the document. A shape with an `$id` is written once, as a
// component of that name, and referred to wherever it occurs.

import type { JsonSchema } from './openapi.ts'

export type SchemaWriter = ReturnType<typeof createSchemaWriter>

/** What clients send is closed; what they get may have more fields one day. */
export type Use = 'request' | 'answer'

export function createSchemaWriter() {
  const named = new Map<string, { shape: object; use: Use; schema: JsonSchema }>()

  return { write, components }

  /** The schema for this place: the shape itself, or a reference to its component. */
  function write(shape: object, use: Use): JsonSchema {
    const name = '$id' in shape && typeof shape.$id === 'string' ? shape.$id : undefined
    if (name === undefined) return plain(shape, use)

    const known = named.get(name)
    if (known && known.shape !== shape) throw new Error(`Two shapes have the $id ${name}.`)
    if (known && known.use !== use) throw new Error(`${name} is both sent and answered.`)
    if (!known) named.set(name, { shape, use, schema: plain(shape, use) })
    return { $ref: `#/components/schemas/${name}` }
  }

  function components(): Record<string, JsonSchema> {
    const sorted = [...named].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(sorted.map(([name, { schema }]) => [name, schema]))
  }

  // TypeBox keeps its own marks under symbols, which `Object.entries` leaves out.
  function plain(shape: object, use: Use): JsonSchema {
    const entries = Object.entries(shape).filter(
      ([keyword, value]) => keyword !== '$id' && !isClosing(keyword, value, use),
    )
    const schema = Object.fromEntries(
      entries.map(([keyword, value]) => [keyword, part(keyword, value, use)]),
    )
    return simplerUnion(schema)
  }

  function part(keyword: string, value: unknown, use: Use): unknown {
    if (MAPS.has(keyword) && isObject(value))
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [
          name,
          isObject(inner) ? write(inner, use) : inner,
        ]),
      )
    if (LISTS.has(keyword) && Array.isArray(value))
      return value.map(inner => (isObject(inner) ? write(inner, use) : inner))
    if (SINGLES.has(keyword) && isObject(value)) return write(value, use)
    return value
  }
}

const isClosing = (keyword: string, value: unknown, use: Use) =>
  use === 'answer' && keyword === 'additionalProperties' && value === false

const MAPS = new Set(['properties', 'patternProperties'])
const LISTS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const SINGLES = new Set(['items', 'additionalProperties', 'not', 'contains', 'propertyNames'])

/**
 * OpenAPI 3.1 has no `nullable`: null is one more type. `anyOf: [{ type: 'string' }, { type: 'null' }]`
 * says the same as `type: ['string', 'null']`, which generators of clients understand better, and a
 * union of constants is an `enum`.
 */
function simplerUnion(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf)) return schema
  const members = anyOf.filter(isObject)
  const words = members.filter(member => typeof member['const'] === 'string')
  const others = members.filter(member => member['type'] !== 'null' && !words.includes(member))
  const [other] = others
  const canBeNull = members.some(member => member['type'] === 'null')

  if (words.length > 0 && others.length === 0)
    return {
      ...rest,
      type: canBeNull ? ['string', 'null'] : 'string',
      enum: [...words.map(member => member['const']), ...(canBeNull ? [null] : [])],
    }
  if (canBeNull && words.length === 0 && others.length === 1 && typeof other?.['type'] === 'string')
    return { ...other, ...rest, type: [other['type'], 'null'] }
  return schema
}

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
