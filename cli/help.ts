// Help texts: an overview that fits a screen, and a page for every command.

import type { ArgDef } from 'citty'
import { defaultsAsText, groups as settingGroups, type Placed } from '#config/settings.ts'
import { VERSION } from '#lib/version.ts'
import { hintOf } from './arguments.ts'
import type { Command } from './command.ts'
import { FAMILIES, groups, type Row, rows } from './commands.ts'
import { EXIT, EXIT_MEANINGS } from './exit.ts'
import { definitions, wrap } from './output/definitions.ts'
import { styled } from './output/stream.ts'
import { isSettingFlag, isSwitch } from './setting-flags.ts'

const WIDTH = 80

/** What `zerg --help` prints. Commands that begin with the same word share a line. */
export function overview(): string {
  const shown = new Set<string>()
  const lines = groups
    .map(({ title, rows }) => ({ title, lines: rows.map(lineOf).filter(isNew) }))
    .filter(({ lines }) => lines.length > 0)
  const nameWidth = Math.max(...[...shown].map(name => name.length))
  const written = ({ name, summary }: Line) => `  ${name.padEnd(nameWidth)}  ${summary}`
  return [
    `zerg ${VERSION}: tasks and projects over HTTP and gRPC, in one executable`,
    '',
    ...lines.map(({ title, lines }) =>
      [styled(1, 'bold', title), ...lines.map(written)].join('\n'),
    ),
    '',
    '`zerg COMMAND --help` has flags and examples; … stands for several commands.',
    `Exit codes: ${Object.values(EXIT).join(', ')}; \`zerg help exit\` says when.`,
  ].join('\n')

  function isNew({ name }: Line): boolean {
    const isFirst = !shown.has(name)
    shown.add(name)
    return isFirst
  }
}

type Line = Pick<Row, 'name' | 'summary'>

function lineOf({ name, summary }: Row): Line {
  const [word = '', second] = name.split(' ')
  return second === undefined
    ? { name, summary }
    : { name: `${word} …`, summary: FAMILIES[word] ?? summary }
}

/** What `zerg config --help` prints: the commands that begin with this word. */
export function familyPage(word: string): string {
  const members = rows.filter(({ name }) => name.startsWith(`${word} `))
  return [
    `${FAMILIES[word]}.`,
    definitions(members.map(({ name, summary }) => [`zerg ${name}`, summary])),
    `\`zerg ${word} COMMAND --help\` has flags and examples.`,
  ].join('\n\n')
}

export function exitPage(): string {
  const codes = Object.entries(EXIT_MEANINGS).map(
    ([name, meaning]) => [String(EXIT[name as keyof typeof EXIT]), meaning] as const,
  )
  return section('Exit codes', codes)
}

/** What `zerg COMMAND --help` prints. */
export function commandPage({ name, summary }: Row, command: Command): string {
  const args = Object.entries(command.args)
  const positional = args.filter(([, def]) => def.type === 'positional')
  const own = args.filter(([key, def]) => def.type !== 'positional' && !isSettingFlag(key))
  const usage = positional.map(([key, def]) =>
    def.required === false ? `[${key.toUpperCase()}]` : key.toUpperCase(),
  )
  return [
    ['zerg', name, ...usage, '[FLAG…]'].join(' '),
    wrap(`${summary}.${command.details ? ` ${command.details}` : ''}`, WIDTH).join('\n'),
    section('Examples', command.examples),
    section(
      'Arguments',
      positional.map(([key, def]) => [key.toUpperCase(), def.description ?? '']),
    ),
    section('Flags', [
      ...own.map(([key, def]) => [flagText(key, def), def.description ?? ''] as const),
      ['--help', 'Show this page.'],
    ]),
    ...settingSections(name, command),
  ]
    .filter(text => text !== '')
    .join('\n\n')
}

function section(title: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.length === 0 ? '' : `${styled(1, 'bold', title)}\n${definitions(pairs)}`
}

const flagText = (key: string, def: ArgDef) =>
  def.type === 'boolean'
    ? `--${key}`
    : `--${key}=${choicesText(def) ?? hintOf(key, def).toUpperCase()}`

const choicesText = (def: ArgDef) =>
  def.type === 'enum' && def.options ? def.options.join('|') : undefined

function settingSections(name: string, { settings: how }: Command): string[] {
  if (how === undefined) return []
  if (how === 'mentioned')
    return [
      `Every setting is a flag as well (\`zerg serve --help\` lists them), as in\nzerg ${name} --env=production --config=zerg.yaml`,
    ]
  const file = ['--config=FILE', 'YAML file of settings; ./zerg.yaml if there is one.'] as const
  return settingGroups.map(({ title, members }, index) =>
    section(title, [...(index === 0 ? [file] : []), ...members.map(settingLine)]),
  )
}

function settingLine({ setting }: Placed): readonly [string, string] {
  const { kind, flag, name, text } = setting
  const { usual, others } = defaultsAsText(setting)
  const choices =
    kind.choices && kind.choices.length > 2 ? ` One of ${kind.choices.join(', ')}.` : ''
  const defaults = [`${name}=${usual}`, ...others.map(([mode, other]) => `${mode}: ${other}`)]
  return [
    isSwitch(setting) ? `--[no-]${flag}` : `--${flag}`,
    `${text}${choices} [${defaults.join('; ')}]`,
  ]
}
