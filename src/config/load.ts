// From texts to a Config, or to every problem at once.

import { accessSync, constants } from 'node:fs'
import { resolve } from 'node:path'
import { nearest } from '#lib/suggest.ts'
import { parseDatabaseUrl } from './database-url.ts'
import type { Environment, Setting } from './kinds.ts'
import {
  ConfigError,
  type ConfigProblem,
  type Origin,
  type Resolved,
  shownText,
  sourceOf,
} from './problem.ts'
import { brokenRules } from './rules.ts'
import { runtimeProblems } from './runtime-variables.ts'
import type { Config } from './schema.ts'
import { type Placed, settings } from './settings.ts'
import { type Found, processVariables, readSources, type Variables } from './sources.ts'

export type Given = {
  /** Flags of the command line, by name without dashes. */
  flags?: Readonly<Record<string, string>>
  /** Environment variables; those of the process where left out. */
  environment?: Variables
  /** Where relative paths and `zerg.yaml` are looked for. */
  folder?: string
}

export type Origins = ReadonlyMap<string, Origin>

/**
 * The configuration, and where each value came from, by environment variable.
 *
 * @throws ConfigError with every problem.
 */
export function loadConfig(given: Given = {}): { config: Config; origins: Origins } {
  const { config, resolved, problems } = readConfig(given)
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    config,
    origins: new Map(resolved.map(({ placed, origin }) => [placed.setting.name, origin])),
  }
}

/** The same for whoever wants to look at it even if it has problems. */
export function readConfig({
  flags = {},
  environment = processVariables(),
  folder = process.cwd(),
}: Given = {}) {
  const sources = readSources({ flags, variables: environment, folder })
  const problems = [...sources.problems]

  const first = settings[0]!
  const stage = resolveOne(first, sources.find(first), { mode: undefined, problems, folder })
  const mode = stage.value as Environment
  const others = settings
    .slice(1)
    .map(placed => resolveOne(placed, sources.find(placed), { mode, problems, folder }))
  const resolved = withSslMode([stage, ...others])

  const config = toConfig(resolved)
  problems.push(...brokenRules(config, resolved), ...runtimeProblems(environment, mode))
  return { config, resolved, problems: problems as readonly ConfigProblem[] }
}

type Context = { mode: Environment | undefined; problems: ConfigProblem[]; folder: string }

function resolveOne(placed: Placed, found: Found | undefined, context: Context): Resolved {
  const { setting } = placed
  const fallback = defaultOf(setting, context.mode)
  const refuse = (problem: Pick<ConfigProblem, 'reason' | 'fix'>): Resolved => {
    const { text, origin } = found!
    const value = shownText(setting, text)
    context.problems.push({ name: setting.name, value, source: sourceOf(origin), ...problem })
    return { placed, value: fallback, origin, isValid: false }
  }

  if (!found) return { placed, value: fallback, origin: { kind: 'default' }, isValid: true }
  const { text, origin } = found
  const { kind } = setting
  if (text === '' && kind.whenEmpty)
    return { placed, value: kind.whenEmpty.value, origin, isValid: true }
  const value = text === '' ? undefined : kind.parse(text)
  if (value === undefined) return refuse(complaintAbout(setting, text, fallback))
  if (kind.isFile && !isReadable(resolve(context.folder, text)))
    return refuse({
      reason: 'names a file that cannot be read',
      fix: 'Name a file that this user may read.',
    })
  return { placed, value, origin, isValid: true }
}

function complaintAbout({ kind }: Setting<unknown>, text: string, fallback: unknown) {
  const own = kind.complaint?.(text)
  if (own) return own
  const meant = kind.choices && nearest(text, kind.choices)
  const shown = fallback === undefined ? '' : kind.show(fallback)
  return {
    reason: text === '' ? `is empty, and not ${kind.expects}` : `is not ${kind.expects}`,
    fix: meant
      ? `Did you mean ${meant}?`
      : `Correct it${shown === '' ? '' : `, or leave it out for the default, ${shown}`}.`,
  }
}

export const defaultOf = (setting: Setting<unknown>, mode: Environment | undefined): unknown =>
  (mode && setting.defaults?.[mode]) ?? setting.default

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}

// Providers hand out URLs with `?sslmode=require`; what is set by its own name comes first.
function withSslMode(resolved: readonly Resolved[]): readonly Resolved[] {
  const url = resolved.find(({ placed }) => placed.setting.name === 'DATABASE_URL')
  const asked = parseDatabaseUrl(String(url?.value ?? ''))?.query.get('sslmode')
  if (!url || !asked) return resolved
  return resolved.map(entry => {
    const { setting } = entry.placed
    if (setting.name !== 'ZERG_DATABASE_TLS' || entry.origin.kind !== 'default') return entry
    const value = setting.kind.parse(asked === 'allow' ? 'prefer' : asked)
    return value === undefined ? entry : { ...entry, value, origin: url.origin }
  })
}

function toConfig(resolved: readonly Resolved[]): Config {
  const tree: Record<string, unknown> = {}
  for (const { placed, value } of resolved) {
    const [group = '', name] = placed.path
    if (name === undefined) tree[group] = value
    else tree[group] = { ...(tree[group] as object | undefined), [name]: value }
  }
  // The tree has the schema's paths, and each value comes from its setting's kind.
  return tree as Config
}
