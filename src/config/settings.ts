// The schema as a list, with the key that each setting has in a YAML file.

import type { Setting } from './kinds.ts'
import { type Config, schema } from './schema.ts'

/** A setting and its place. `group` is empty for those at the top. */
export type Placed = {
  setting: Setting<unknown>
  /** Its path in `Config`. */
  path: readonly string[]
  /** Its path in a YAML file: `http.request_timeout`. */
  key: string
  group: string
}

const isSetting = (value: object): value is Setting<unknown> => 'kind' in value

/** Every setting, in the order of the schema. */
export const settings: readonly Placed[] = Object.entries(schema).flatMap(([group, entry]) =>
  isSetting(entry)
    ? [{ setting: entry, path: [group], key: fileKey(group), group: '' }]
    : Object.entries(entry).map(([name, setting]) => ({
        setting,
        path: [group, name],
        key: `${fileKey(group)}.${fileKey(name)}`,
        group: fileKey(group),
      })),
)

export const settingNamed = (name: string): Placed => {
  const found = settings.find(({ setting }) => setting.name === name)
  if (!found) throw new Error(`there is no setting ${name}`)
  return found
}

// The unit is part of the value in a file (15s), so the key goes without it.
function fileKey(name: string): string {
  return name
    .replace(/(?:Ms|Bytes)$/, '')
    .replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}

/** The variable that names a file with the value. Only secrets have one. */
export const fileVariable = ({ name }: Setting<unknown>): string => `${name}_FILE`

const TITLES: Readonly<Record<string, string>> = {
  '': 'The process',
  http: 'HTTP',
  cors: 'Web pages of other origins',
  grpc: 'gRPC',
  tasks_service: 'Tasks service',
  auth: 'Identity',
  oidc: 'Identity provider',
  keys: 'API keys',
  database: 'PostgreSQL',
  redis: 'Redis',
  limits: 'Limits',
  embedded: 'Embedded database',
  lifecycle: 'Start and stop',
  log: 'Log',
}

/** The groups of the schema, in its order. */
export const groups: readonly { title: string; members: readonly Placed[] }[] = [
  ...new Set(settings.map(({ group }) => group)),
].map(group => ({
  title: TITLES[group] ?? group,
  members: settings.filter(placed => placed.group === group),
}))

/** The default as text, empty where there is none; with those of environments that differ. */
export function defaultsAsText(setting: Setting<unknown>): {
  usual: string
  others: [string, string][]
} {
  const shown = (value: unknown) => (value === undefined ? '' : setting.kind.show(value))
  const others = Object.entries(setting.defaults ?? {})
  return {
    usual: shown(setting.default),
    others: others.map(([environment, value]) => [environment, shown(value)]),
  }
}

/** What must not be shown anywhere, of this configuration. */
export const secretsOf = (config: Config): string[] =>
  settings
    .filter(({ setting }) => setting.secret)
    .map(({ path: [group = '', name = ''] }) => {
      const members = config[group as keyof Config] as Readonly<Record<string, unknown>>
      return members[name]
    })
    .filter(value => typeof value === 'string')
