// JSON of which nothing is known.

export type Json = { readonly [name: string]: unknown }

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const objectAt = (value: Json | undefined, name: string): Json => {
  const found = value?.[name]
  return isObject(found) ? found : {}
}

/** A list of texts; one text is a list of one, what is absent a list of none. */
export const listOf = (value: unknown): string[] =>
  value === undefined ? [] : [value].flat().map(String)

export const same = (a: unknown, b: unknown): boolean => Bun.deepEquals(a, b)

/** What a reference such as `#/components/schemas/Task` leads to; other values are themselves. */
export function resolve(document: Json, value: Json): Json {
  const pointer = value['$ref']
  if (typeof pointer !== 'string') return value
  let found: Json = document
  for (const name of pointer.split('/').slice(1)) found = objectAt(found, name)
  return found
}
