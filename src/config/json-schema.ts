// The JSON Schema of `zerg.yaml`, for editors.

import { defaultOf } from './load.ts'
import { type Placed, settings } from './settings.ts'

type Schema = Record<string, unknown>

export function jsonSchema(): Schema {
  const properties: Record<string, Schema> = {}
  for (const placed of settings) {
    const [, name] = placed.key.split('.')
    if (name === undefined) properties[placed.key] = describe(placed)
    else {
      const group = (properties[placed.group] ??= objectOf({}))
      Object.assign(group['properties'] as Schema, { [name]: describe(placed) })
    }
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'zerg.yaml',
    ...objectOf(properties),
  }
}

// `null` is a key without a value, which counts as unset.
const objectOf = (properties: Record<string, Schema>): Schema => ({
  type: ['object', 'null'],
  additionalProperties: false,
  properties,
})

function describe({ setting }: Placed): Schema {
  const { kind, text, name, secret } = setting
  const fallback = defaultOf(setting, undefined)
  const shown = fallback === undefined || secret ? undefined : plain(fallback, kind.show(fallback))
  return {
    description: `${text} (${name})`,
    ...kind.jsonSchema,
    ...(shown !== undefined && { default: shown }),
  }
}

// Durations, sizes and rates stand in a file as they are shown, everything else as it is.
function plain(value: unknown, shown: string): unknown {
  const isPlain = typeof value === 'number' ? String(value) === shown : !isRecord(value)
  return isPlain ? value : shown
}

const isRecord = (value: unknown) => typeof value === 'object' && !Array.isArray(value)
