// Every setting as a flag: `serve` and `config` take them.

import type { ArgsDef } from 'citty'
import type { Setting } from '#config/kinds.ts'
import { settings } from '#config/settings.ts'

/** citty arguments for every setting, and for the file that holds them. */
export const settingFlags: ArgsDef = {
  config: {
    type: 'string',
    valueHint: 'file',
    description: 'YAML file of settings (ZERG_CONFIG); ./zerg.yaml if there is one.',
  },
  ...Object.fromEntries(settings.map(({ setting }) => [setting.flag, argOf(setting)])),
}

/** Written `--flag` and `--no-flag`, without a value. */
export function isSwitch({ kind }: Setting<unknown>): boolean {
  return kind.jsonSchema['type'] === 'boolean'
}

export const isSettingFlag = (name: string): boolean => Object.hasOwn(settingFlags, name)

// The configuration judges values, all at once and with their source; citty only collects them.
function argOf(setting: Setting<unknown>): ArgsDef[string] {
  const { kind, flag, text } = setting
  if (isSwitch(setting)) return { type: 'boolean', description: text }
  return {
    type: 'string',
    description: text,
    valueHint: kind.choices?.join('|') ?? flag.split('-').at(-1)!,
  }
}

/** The flags that were typed, as `loadConfig` takes them. */
export function typedSettings(args: Readonly<Record<string, unknown>>): Record<string, string> {
  const typed: Record<string, string> = {}
  for (const name of Object.keys(settingFlags)) {
    const value = args[name]
    if (typeof value === 'string' || typeof value === 'boolean') typed[name] = String(value)
  }
  return typed
}
