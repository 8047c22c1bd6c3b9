// Where settings come from: flags, environment, files. Nothing else in Zerg reads the environment.

import { readFileSync } from 'node:fs'
import { join, parse, resolve } from 'node:path'
import { nearest } from '#lib/suggest.ts'
import { type ConfigProblem, type Origin, printable } from './problem.ts'
import { fileVariable, type Placed, settingNamed, settings } from './settings.ts'
import { readYamlFile, type YamlFile } from './yaml-file.ts'

export type Variables = Readonly<Record<string, string | undefined>>

export type Sources = {
  /** By name without dashes, as typed; `config` names the file. */
  flags: Readonly<Record<string, string>>
  variables: Variables
  /** What relative paths are relative to. */
  folder: string
}

export type Found = { text: string; origin: Origin }

export type Findings = {
  find(placed: Placed): Found | undefined
  problems: readonly ConfigProblem[]
}

export const processVariables = (): Variables => process.env

const FILE_NAME = 'zerg.yaml'

/** Reads every source once. A value found is still a text. */
export function readSources({ flags, variables, folder }: Sources): Findings {
  const asked = flags['config'] ?? (variables['ZERG_CONFIG'] || undefined)
  const shown = asked ?? FILE_NAME
  const askedBy = flags['config'] === undefined ? 'environment' : 'flag --config'
  const base = readYamlFile(
    resolve(folder, shown),
    shown,
    asked === undefined ? undefined : askedBy,
  )
  const secrets = readSecretFiles(variables, folder)

  const environment = settingNamed('ZERG_ENV')
  const baseFound = (placed: Placed) =>
    fromFlag(flags, placed) ??
    fromVariable(variables, secrets, placed) ??
    fromFile(base, shown, placed)
  const wanted = baseFound(environment)?.text ?? String(environment.setting.default)
  const overlayShown = overlayOf(shown, wanted)
  const overlay = environment.setting.kind.choices?.includes(wanted)
    ? readYamlFile(resolve(folder, overlayShown), overlayShown)
    : { texts: new Map(), problems: [] }

  return {
    find: placed =>
      fromFlag(flags, placed) ??
      fromVariable(variables, secrets, placed) ??
      (placed === environment ? undefined : fromFile(overlay, overlayShown, placed)) ??
      fromFile(base, shown, placed),
    problems: [
      ...unknownNames(variables),
      ...base.problems,
      ...overlay.problems,
      ...changedEnvironment(overlay, overlayShown, wanted),
      ...secrets.problems,
    ],
  }
}

function fromFlag(flags: Sources['flags'], { setting }: Placed): Found | undefined {
  const text = flags[setting.flag]
  return text === undefined ? undefined : { text, origin: { kind: 'flag', flag: setting.flag } }
}

// An empty variable counts as unset, since Compose and shells pass those on.
function fromVariable(
  variables: Variables,
  secrets: SecretFiles,
  { setting: { name } }: Placed,
): Found | undefined {
  const text = variables[name]
  return text ? { text, origin: { kind: 'environment', name } } : secrets.found.get(name)
}

function fromFile({ texts }: YamlFile, file: string, { key }: Placed): Found | undefined {
  const found = texts.get(key)
  return found && { text: found.text, origin: { kind: 'file', file, line: found.line } }
}

/** `zerg.yaml` in production is overlaid by `zerg.production.yaml` beside it. */
function overlayOf(file: string, environment: string): string {
  const { dir, name, ext } = parse(file)
  return join(dir, `${name}.${environment}${ext}`)
}

function changedEnvironment(overlay: YamlFile, file: string, wanted: string): ConfigProblem[] {
  const given = overlay.texts.get('environment')
  if (!given || given.text === wanted) return []
  return [
    {
      name: 'ZERG_ENV',
      value: printable(given.text),
      source: `${file}:${given.line}`,
      reason: `cannot be changed by the overlay of ${wanted}`,
      fix: `Remove it here; set ZERG_ENV or \`environment\` in the file below the overlay.`,
    },
  ]
}

type SecretFiles = { found: ReadonlyMap<string, Found>; problems: readonly ConfigProblem[] }

function readSecretFiles(variables: Variables, folder: string): SecretFiles {
  const found = new Map<string, Found>()
  const problems: ConfigProblem[] = []
  for (const { setting } of settings) {
    const name = fileVariable(setting)
    const file = variables[name]
    if (!setting.secret || !file) continue
    const problem = (reason: string, fix: string) =>
      problems.push({ name, value: printable(file), source: 'environment', reason, fix })
    if (variables[setting.name])
      problem(`is set together with ${setting.name}`, 'Keep one of the two.')
    try {
      const text = readFileSync(resolve(folder, file), 'utf8').trim()
      if (text === '') problem('names an empty file', `Write the value of ${setting.name} into it.`)
      else found.set(setting.name, { text, origin: { kind: 'secret-file', name, file } })
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
      problem(`names a file that cannot be read (${code})`, 'Name a file that this user may read.')
    }
  }
  return { found, problems }
}

// Kubernetes tells containers about Services; one called `zerg` or `zerg-…` gets names like ours.
const SERVICE_LINK =
  /^ZERG_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)?)$/

/** What commands that ask another instance read: which one, and with which key. */
const OF_COMMANDS = ['ZERG_URL', 'ZERG_KEY', 'ZERG_KEY_FILE']

function unknownNames(variables: Variables): ConfigProblem[] {
  const known = [
    'ZERG_CONFIG',
    ...OF_COMMANDS,
    ...settings.map(({ setting }) => setting.name),
    ...settings.filter(({ setting }) => setting.secret).map(({ setting }) => fileVariable(setting)),
  ]
  return Object.keys(variables)
    .filter(name => name.startsWith('ZERG_') && !known.includes(name) && !SERVICE_LINK.test(name))
    .toSorted()
    .map(name => {
      const meant = nearest(name, known)
      const fix = 'Remove it, or see `zerg config show` for the names there are.'
      return {
        name: printable(name),
        // Whatever it was meant for may have been a secret.
        value: null,
        source: 'environment',
        reason: 'is not a known setting',
        fix: meant ? `Did you mean ${meant}? Rename or remove it.` : fix,
      }
    })
}
