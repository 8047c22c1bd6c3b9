// The query string, read by a list of what a route understands. Whatever else stands there is an
// error that names it, since a filter that is silently ignored returns the wrong rows.
//
//     const readListing = queryReader({
//       limit: integer({ min: 1, max: 200, fallback: 50 }),
//       status: oneOf('todo', 'in_progress', 'done'),
//     })
//     const { limit, status } = readListing(request) // number, 'todo' | … | undefined

import { AppError } from '#lib/errors.ts'
import type { Problem } from '#lib/errors.ts'
import { isId } from '#lib/id.ts'
import { nearest } from '#lib/suggest.ts'

/** One query parameter: its value where absent, and its value or what is wrong (`is not …`). */
export type Parameter<T> = {
  fallback: T
  read(text: string): { value: T } | { wrong: string }
}

type Values<Parameters> = {
  [Name in keyof Parameters]: Parameters[Name] extends Parameter<infer T> ? T : never
}

/** @throws (from the reader) AppError `invalid_query` with every problem at once. */
export function queryReader<const Parameters extends Readonly<Record<string, Parameter<unknown>>>>(
  parameters: Parameters,
): (request: Request) => Values<Parameters> {
  const names = Object.keys(parameters)
  const fallbacks = Object.fromEntries(names.map(name => [name, parameters[name]!.fallback]))

  return request => {
    const values: Record<string, unknown> = { ...fallbacks }
    const start = request.url.indexOf('?')
    if (start === -1) return values as Values<Parameters>

    const problems: Problem[] = []
    const seen = new Set<string>()
    for (const [name, text] of new URLSearchParams(request.url.slice(start + 1))) {
      const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
      const result = parameter ? readOnce(parameter, text, seen.has(name)) : unknown(name, names)
      seen.add(name)
      if ('value' in result) values[name] = result.value
      else problems.push({ parameter: name, detail: `\`${shown(name)}\` ${result.wrong}.` })
    }
    if (problems.length > 0)
      throw new AppError('invalid_query', problems.map(problem => problem.detail).join(' '), {
        errors: problems,
      })
    return values as Values<Parameters>
  }
}

const readOnce = (parameter: Parameter<unknown>, text: string, again: boolean) =>
  again ? { wrong: 'is given more than once' } : parameter.read(text)

function unknown(name: string, names: readonly string[]): { wrong: string } {
  if (names.length === 0) return { wrong: 'is unknown: this route takes no query parameters' }
  const near = nearest(name.slice(0, 64), names)
  return {
    wrong: `is unknown; ${near ? `did you mean \`${near}\`?` : `known are ${names.join(', ')}`}`,
  }
}

// A name comes from the client, and may be of any length.
const shown = (name: string): string => (name.length > 64 ? `${name.slice(0, 64)}…` : name)

/** A route that takes no query parameters says so, too. */
export const readNoQuery = queryReader({})

export const integer = (of: { min: number; max: number; fallback: number }): Parameter<number> => ({
  fallback: of.fallback,
  read: text => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    return value >= of.min && value <= of.max
      ? { value }
      : { wrong: `is not a whole number from ${of.min} to ${of.max}` }
  },
})

export const oneOf = <const Choice extends string>(
  ...choices: readonly Choice[]
): Parameter<Choice | undefined> => ({
  fallback: undefined,
  read: text => {
    const value = choices.find(choice => choice === text)
    return value === undefined ? { wrong: `is not one of ${choices.join(', ')}` } : { value }
  },
})

export const boolean: Parameter<boolean | undefined> = {
  fallback: undefined,
  read: text =>
    text === 'true' || text === 'false'
      ? { value: text === 'true' }
      : { wrong: 'is neither true nor false' },
}

export const id: Parameter<string | undefined> = {
  fallback: undefined,
  read: text => (isId(text) ? { value: text.toLowerCase() } : { wrong: 'is not a UUID' }),
}

/** Free text. NUL and lone surrogates cannot be stored or compared, so they are refused. */
export const text = (of: { min?: number; max: number }): Parameter<string | undefined> => ({
  fallback: undefined,
  read: value => {
    const length = [...value].length
    if (value.includes('\0')) return { wrong: 'contains a NUL character' }
    if (!value.isWellFormed() || value.includes('\uFFFD')) return { wrong: 'is not valid UTF-8' }
    if (length < (of.min ?? 0)) return { wrong: 'is empty' }
    return length <= of.max ? { value } : { wrong: `is longer than ${of.max} characters` }
  },
})

/** A value with rules of its own; `parse` returns undefined where the text is not `what`. */
export const custom = <T>(
  what: string,
  parse: (text: string) => T | undefined,
): Parameter<T | undefined> => ({
  fallback: undefined,
  read: text => {
    const value = parse(text)
    return value === undefined ? { wrong: `is not ${what}` } : { value }
  },
})
