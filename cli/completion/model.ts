// What there is to complete: commands, their flags, and the values that these take.

import type { ArgDef } from 'citty'
import { settings } from '#config/settings.ts'
import type { Command } from '../command.ts'
import type { Row } from '../commands.ts'

export type Flag = {
  /** With dashes. */
  name: string
  text: string
  takes: 'nothing' | 'value' | 'file'
  values: readonly string[]
}

export type Completed = {
  /** Empty for `zerg` itself, `config` for what begins with it, else a command. */
  name: string
  /** What may follow as a word, with what it says. */
  words: readonly (readonly [word: string, text: string])[]
  flags: readonly Flag[]
}

/** Every point of a command line at which something can be completed. */
export async function completions(
  rows: readonly Row[],
  families: Readonly<Record<string, string>>,
): Promise<Completed[]> {
  const commands = await Promise.all(rows.map(async row => commandOf(row, await row.load())))
  const groups = Object.keys(families).map(word => ({
    name: word,
    words: rows
      .filter(({ name }) => name.startsWith(`${word} `))
      .map(({ name, summary }) => [name.slice(word.length + 1), summary] as const),
    flags: [HELP],
  }))
  const firsts = new Map(
    rows.map(({ name, summary }) => {
      const [first = ''] = name.split(' ')
      return [first, families[first] ?? summary]
    }),
  )
  const top = [...firsts, ['help', 'Show help'] as const]
  return [{ name: '', words: top, flags: [HELP] }, ...groups, ...commands]
}

const HELP: Flag = { name: '--help', text: 'Show help', takes: 'nothing', values: [] }

function commandOf({ name }: Row, { args, completes = {} }: Command): Completed {
  const all = Object.entries(args)
  return {
    name,
    words: Object.values(completes).flatMap(values => values.map(value => [value, ''] as const)),
    flags: [...all.filter(([, def]) => def.type !== 'positional').flatMap(flagsOf), HELP],
  }
}

function flagsOf([key, def]: [string, ArgDef]): Flag[] {
  const setting = settings.find(({ setting }) => setting.flag === key)?.setting
  const text = def.description ?? ''
  if (def.type === 'boolean') {
    // A setting may be on by default or in a file; what only commands know is never switched off.
    const names = setting ? [`--${key}`, `--no-${key}`] : [`--${key}`]
    return names.map(name => ({ name, text, takes: 'nothing', values: [] }))
  }
  const isFile =
    def.valueHint === 'file' || def.valueHint === 'dir' || setting?.kind.isFile === true
  const values = def.type === 'enum' ? (def.options ?? []) : valuesOf(setting?.kind)
  return [{ name: `--${key}`, text, takes: isFile ? 'file' : 'value', values }]
}

function valuesOf(
  kind: { choices?: readonly string[]; jsonSchema: Readonly<Record<string, unknown>> } | undefined,
) {
  const choices = kind?.choices ?? []
  // Of a list, both a single word and all of them are values.
  const isList = [kind?.jsonSchema['type']].flat().includes('array')
  return isList && choices.length > 1 ? [...choices, choices.join(',')] : choices
}
