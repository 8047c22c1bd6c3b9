// What comes from outside, checked against a shape. Every problem is told at once, in words.

import type { Static, TObject, TSchema } from '@sinclair/typebox'
import {
  type TypeCheck,
  TypeCompiler,
  type ValueError,
  ValueErrorType,
} from '@sinclair/typebox/compiler'
import { AppError, type Problem } from './errors.ts'
import { isReadOnly, rulesOf } from './fields.ts'
import { nearest } from './suggest.ts'

// A body of a million unknown fields gets an answer that can be read.
const PROBLEMS_MAX = 100
const NAME_CHARACTERS_MAX = 200

/**
 * The value as it is, now known to have this shape.
 *
 * @throws AppError `validation_failed`, with a JSON pointer for every problem.
 */
export function parseShape<Shape extends TSchema>(shape: Shape, value: unknown): Static<Shape> {
  const check = compiled(shape)
  if (check.Check(value)) return value
  const errors = problemsOf(shape, check.Errors(value))
  throw new AppError('validation_failed', sentence(errors, 'The body'), { errors })
}

/**
 * The query parameters of a URL, none of them required, as an object of this shape.
 *
 * @throws AppError `invalid_query`, naming every parameter that is unknown, repeated or out of range.
 */
export function parseQuery<Shape extends TObject>(shape: Shape, url: string): Static<Shape> {
  const query: Record<string, unknown> = {}
  const errors: Problem[] = []
  for (const [name, raw] of parametersOf(url)) {
    const { value, complaint } = parameterOf(shape, name, raw)
    const detail = Object.hasOwn(query, name) ? 'must be given only once' : complaint
    if (detail) errors.push({ parameter: clipped(name), detail })
    else query[name] = value
    if (errors.length === PROBLEMS_MAX) break
  }
  if (errors.length > 0) throw invalidQuery(errors)
  // Every property has passed its own rules just now.
  return query as Static<Shape>
}

function parametersOf(url: string): Iterable<[name: string, value: string]> {
  const start = url.indexOf('?')
  return start === -1 ? [] : new URLSearchParams(url.slice(start + 1))
}

function parameterOf(shape: TObject, name: string, raw: string) {
  const known = Object.hasOwn(shape.properties, name) && shape.properties[name]
  const own = known ? rulesOf(known) : undefined
  if (!own) return { complaint: unknownField(shape, name, 'parameter') }
  const value = own.fromText ? own.fromText(raw) : raw
  return { value, complaint: own.complaint(value) }
}

export const invalidQuery = (errors: readonly Problem[]): AppError =>
  new AppError('invalid_query', sentence(errors, 'The query'), { errors })

// Compiling takes a millisecond, a check less than a microsecond.
const checks = new WeakMap<TSchema, TypeCheck<TSchema>>()

function compiled<Shape extends TSchema>(shape: Shape): TypeCheck<Shape> {
  const known = checks.get(shape) as TypeCheck<Shape> | undefined
  if (known) return known
  const check = TypeCompiler.Compile(shape)
  checks.set(shape, check)
  return check
}

function problemsOf(shape: TSchema, errors: Iterable<ValueError>): Problem[] {
  const problems = new Map<string, Problem>()
  for (const error of errors) {
    if (problems.size === PROBLEMS_MAX) break
    // A missing field is reported as missing and as of the wrong kind: the first says it.
    if (!problems.has(error.path))
      problems.set(error.path, { pointer: clipped(error.path), detail: detailOf(shape, error) })
  }
  return [...problems.values()]
}

function detailOf(shape: TSchema, { type, schema, value, path }: ValueError): string {
  if (type === ValueErrorType.ObjectRequiredProperty) return 'is required'
  if (type === ValueErrorType.ObjectAdditionalProperties)
    return unknownField(shape, path.slice(path.lastIndexOf('/') + 1), 'field')
  return (
    rulesOf(schema)?.complaint(value) ??
    `must be ${KINDS[String(schema['type'])] ?? 'another kind of value'}`
  )
}

const KINDS: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
}

function unknownField(shape: TSchema, name: string, what: 'field' | 'parameter'): string {
  if (isReadOnly(shape, name)) return 'is not for clients to set; leave it out'
  const known = Object.keys((shape as Partial<TObject>).properties ?? {})
  // Of one or two letters nearly everything is near.
  const meant = name.length >= 3 && name.length <= 64 ? nearest(name, known) : undefined
  return `is not a known ${what}${meant ? `; did you mean ${meant}?` : ''}`
}

function sentence(errors: readonly Problem[], where: string): string {
  const [first] = errors
  if (errors.length !== 1 || !first) return `${where} breaks ${errors.length} rules; see errors.`
  const name = first.parameter ?? first.pointer?.slice(1) ?? ''
  return `${name === '' ? where : `\`${name}\``} ${first.detail}${first.detail.endsWith('?') ? '' : '.'}`
}

const clipped = (name: string) =>
  name.length <= NAME_CHARACTERS_MAX ? name : `${name.slice(0, NAME_CHARACTERS_MAX)}…`
