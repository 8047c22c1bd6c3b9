// What is wrong with a configuration, in words that never contain a secret.

import { maskText } from '#lib/mask.ts'
import type { Complaint, Setting } from './kinds.ts'
import type { Placed } from './settings.ts'

/** Where a value came from. */
export type Origin =
  | { kind: 'flag'; flag: string }
  | { kind: 'environment'; name: string }
  | { kind: 'secret-file'; name: string; file: string }
  | { kind: 'file'; file: string; line: number }
  | { kind: 'default' }

export type ConfigProblem = {
  /** The environment variable or, where it has none, the key in a file. */
  name: string
  /** Masked; null where there is none to show. */
  value: string | null
  /** `flag --port`, `environment`, `zerg.yaml:3`, `default`. */
  source: string
  /** Completes "NAME …", without a full stop. */
  reason: string
  /** A whole sentence. */
  fix: string
}

/** A setting with its value. `isValid` is false where the default stands in for what was refused. */
export type Resolved = { placed: Placed; value: unknown; origin: Origin; isValid: boolean }

/** A problem with a value that is one of its setting. */
export function problemOf(
  { placed: { setting }, value, origin }: Resolved,
  complaint: Complaint,
): ConfigProblem {
  const text = value === undefined ? '' : setting.kind.show(value)
  const shown = text === '' ? null : shownText(setting, text)
  return { name: setting.name, value: shown, source: sourceOf(origin), ...complaint }
}

/** Thrown by `loadConfig`, with every problem that there is. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(sentenceOf).join('\n'))
    this.problems = problems
  }
}

/** `PORT "http" (environment) is not a port from 0 to 65535.` */
export const sentenceOf = ({ name, value, source, reason }: ConfigProblem): string =>
  `${name}${value === null ? '' : ` "${value}"`} (${source}) ${reason}.`

export function sourceOf(origin: Origin): string {
  if (origin.kind === 'flag') return `flag --${origin.flag}`
  if (origin.kind === 'secret-file') return `${origin.name} ${origin.file}`
  if (origin.kind === 'file') return `${origin.file}:${origin.line}`
  return origin.kind
}

const SHOWN_MAX = 120

/** A text of this setting as it may be printed: masked, on one line, not too long. */
export function shownText(setting: Setting<unknown>, text: string): string {
  const safe = setting.secret ? (setting.kind.mask?.(text) ?? '***') : printable(text)
  return safe.length > SHOWN_MAX ? `${safe.slice(0, SHOWN_MAX)}…` : safe
}

/** On one line, and without what stands before an @ in an address, wherever it was put by mistake. */
export const printable = (text: string): string =>
  maskText(text)
    .replaceAll(/[^\s/,@]+:[^\s,@]*@/g, '***@')
    .replaceAll(/\p{Cc}/gu, control => JSON.stringify(control).slice(1, -1))
