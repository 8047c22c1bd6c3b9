// Reads a command line strictly, before citty does: citty takes unknown flags for what they are not.

import type { ArgDef, ArgsDef } from 'citty'
import { nearest } from '#lib/suggest.ts'
import { usageError } from './exit.ts'

/**
 * The same arguments in a form that cannot be misread: `--name=value`, and positional ones last.
 *
 * @throws CommandError (usage) at the first that is unknown, incomplete or too many.
 */
export function checkedArguments(raw: readonly string[], defined: ArgsDef, help: string): string[] {
  const flags: string[] = []
  const positional: string[] = []
  const waiting = [...raw]
  for (let arg = waiting.shift(); arg !== undefined; arg = waiting.shift()) {
    if (arg === '--') positional.push(...waiting.splice(0))
    else if (arg.startsWith('-') && arg !== '-')
      flags.push(readFlag(arg, waiting, { defined, help }))
    else positional.push(arg)
  }
  checkPositional(positional, defined, help)
  return [...flags, '--', ...positional]
}

type Known = { defined: ArgsDef; help: string }

function readFlag(arg: string, waiting: string[], { defined, help }: Known): string {
  const [, dashes = '', name = '', given] = /^(-{1,2})([^=]*)(?:=(.*))?$/s.exec(arg) ?? []
  const found = findFlag(defined, dashes, name)
  if (!found)
    throw usageError(`There is no flag ${dashes}${name}.`, didYouMean(name, defined, help))
  const { key, def, isNegated } = found
  if (def.type === 'boolean') return `--${switched(key, given, isNegated) ? '' : 'no-'}${key}`

  const value = given ?? (waiting[0]?.startsWith('--') ? undefined : waiting.shift())
  if (value === undefined)
    throw usageError(`--${key} needs a value.`, `Write --${key}=${hintOf(key, def).toUpperCase()}.`)
  checkChoice(`--${key}`, value, choicesOf(def))
  return `--${key}=${value}`
}

function switched(key: string, given: string | undefined, isNegated: boolean): boolean {
  if (given === undefined) return !isNegated
  if (!isNegated && (given === 'true' || given === 'false')) return given === 'true'
  throw usageError(
    `--${key} is not a flag that takes "${given}".`,
    `Write --${key} or --no-${key}.`,
  )
}

function findFlag(defined: ArgsDef, dashes: string, name: string) {
  // There are no short flags but -h, which never comes here.
  if (dashes !== '--') return undefined
  for (const [key, def] of Object.entries(defined)) {
    if (def.type === 'positional') continue
    if (name === key) return { key, def, isNegated: false }
    if (def.type === 'boolean' && name === `no-${key}`) return { key, def, isNegated: true }
  }
  return undefined
}

function checkPositional(given: readonly string[], defined: ArgsDef, help: string): void {
  const taken = Object.entries(defined).filter(([, def]) => def.type === 'positional')
  const extra = given[taken.length]
  if (extra !== undefined) throw usageError(`There is no place for the argument "${extra}".`, help)
  const missing = taken[given.length]
  if (missing && missing[1].required !== false)
    throw usageError(`${missing[0].toUpperCase()} is missing.`, help)
}

/** @throws CommandError (usage) where the value is not one of the choices. */
export function checkChoice(what: string, value: string, choices: readonly string[]): void {
  if (choices.length === 0 || choices.includes(value)) return
  const meant = nearest(value, choices)
  throw usageError(
    `${what} cannot be "${value}".`,
    meant ? `Did you mean ${meant}?` : `It is one of ${choices.join(', ')}.`,
  )
}

const choicesOf = (def: ArgDef): readonly string[] =>
  def.type === 'enum' ? (def.options ?? []) : []

/** What stands for a flag's value in a help text. */
export const hintOf = (key: string, def: ArgDef): string => def.valueHint ?? key

function didYouMean(name: string, defined: ArgsDef, help: string): string {
  const known = Object.keys(defined).filter(key => defined[key]?.type !== 'positional')
  const meant = nearest(name, [...known, 'help'])
  return meant ? `Did you mean --${meant}?` : help
}
