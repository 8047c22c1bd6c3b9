// What changes between two schemas. What is asked of a client may only be loosened, what is promised
// to it only be tightened: the same change breaks in one direction and not in the other.

import type { Tell } from './change.ts'
import { isObject, type Json, listOf, same } from './json.ts'

export type Direction = 'request' | 'response'

type Follow = (schema: Json) => Json

export type Place = {
  /** `the body`; fields in it are named beside it. */
  where: string
  direction: Direction
  tell: Tell
  /** Resolves a reference in the older document, and in the newer one. */
  follow: readonly [old: Follow, now: Follow]
  /** References that led here: a recursive shape is met again in itself. */
  seen?: ReadonlySet<string>
  /** `title`, `data[].title`; absent for the whole. */
  field?: string
}

export function compareSchemas(oldAt: Json, nowAt: Json, given: Place): void {
  const met = `${String(oldAt['$ref'])} ${String(nowAt['$ref'])}`
  if ('$ref' in oldAt && given.seen?.has(met)) return
  const place = { ...given, seen: new Set([...(given.seen ?? []), met]) }
  const [old, now] = [place.follow[0](oldAt), place.follow[1](nowAt)]

  compareTypes(old, now, place)
  compareWords(old, now, place)
  compareWhole(old, now, place)
  if (place.direction === 'request') compareLimits(old, now, place)
  compareFields(old, now, place)
  findNewFields(old, now, place)
  if (isObject(old['items']) && isObject(now['items']))
    compareSchemas(old['items'], now['items'], { ...place, field: `${place.field ?? ''}[]` })
}

const named = ({ where, field }: Place) =>
  field === undefined ? where : `the field ${field} of ${where}`

const inside = ({ field }: Place, name: string) => (field === undefined ? name : `${field}.${name}`)

function compareTypes(old: Json, now: Json, place: Place): void {
  const { direction, tell } = place
  const where = named(place)
  const [before, after] = [listOf(old['type']), listOf(now['type'])]
  if (same(before.toSorted(), after.toSorted())) return
  const gone = before.filter(type => !after.includes(type) && !covers(after, type))
  const added = after.filter(type => !before.includes(type) && !covers(before, type))
  const worse = direction === 'request' ? gone : added
  const text = `${where} was ${before.join(' or ') || 'anything'} and is ${after.join(' or ') || 'anything'}`
  tell(worse.length > 0 || before.length === 0 || after.length === 0, text)
}

const covers = (types: readonly string[], type: string) =>
  type === 'integer' && types.includes('number')

function compareWords(old: Json, now: Json, place: Place): void {
  const { direction, tell } = place
  const where = named(place)
  const [before, after] = [wordsOf(old), wordsOf(now)]
  if (!before && !after) return
  if (!before || !after) {
    const narrower = after !== undefined
    const breaks = direction === 'request' ? narrower : !narrower
    tell(breaks, `${where} ${narrower ? 'takes only certain values now' : 'may be any value now'}`)
    return
  }
  for (const word of before.filter(word => !after.includes(word)))
    tell(direction === 'request', `${where} no longer has the value ${word}`)
  // `x-open-enum` tells clients from the start that more may come.
  for (const word of after.filter(word => !before.includes(word)))
    tell(
      direction === 'response' && old['x-open-enum'] !== true,
      `${where} has the new value ${word}`,
    )
}

const wordsOf = (schema: Json): string[] | undefined =>
  Array.isArray(schema['enum'])
    ? schema['enum'].map(String)
    : 'const' in schema
      ? [String(schema['const'])]
      : undefined

const AT_LEAST = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties']
const AT_MOST = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties']

function compareLimits(old: Json, now: Json, place: Place): void {
  const { tell } = place
  const where = named(place)
  for (const limit of [...AT_LEAST, ...AT_MOST]) {
    const open = AT_LEAST.includes(limit) ? -Infinity : Infinity
    const [before, after] = [Number(old[limit] ?? open), Number(now[limit] ?? open)]
    if (before === after) continue
    const narrower = AT_LEAST.includes(limit) ? after > before : after < before
    tell(narrower, `${where}: ${limit} was ${shown(old[limit])} and is ${shown(now[limit])}`)
  }
}

// Keywords that are the same or not; what a change of them means is for people to see.
const WHOLE = ['pattern', 'format', 'default', 'multipleOf', 'uniqueItems', 'not']
const COMBINED = ['anyOf', 'oneOf', 'allOf']

function compareWhole(old: Json, now: Json, place: Place): void {
  const { direction, tell } = place
  const where = named(place)
  for (const keyword of [...WHOLE, ...COMBINED]) {
    if (same(old[keyword], now[keyword])) continue
    const loosened = direction === 'request' && !(keyword in now) && keyword !== 'default'
    const tightened = direction === 'response' && !(keyword in old)
    tell(
      !loosened && !tightened,
      `${where}: ${keyword} was ${shown(old[keyword])} and is ${shown(now[keyword])}`,
    )
  }
  if (direction === 'request' && isClosed(now) !== isClosed(old))
    tell(isClosed(now), `${where} ${isClosed(now) ? 'refuses' : 'takes'} unknown fields now`)
}

const isClosed = (schema: Json) => schema['additionalProperties'] === false

function compareFields(old: Json, now: Json, place: Place): void {
  const { direction, tell } = place
  const after = fieldsOf(now)
  for (const [name, field] of Object.entries(fieldsOf(old))) {
    const within = { ...place, field: inside(place, name) }
    const current = after[name]
    // An open request just ignores what it no longer knows.
    if (!current) tell(direction === 'response' || isClosed(now), `${named(within)} is gone`)
    else {
      compareNeed(requires(old, name), requires(now, name), within)
      compareSchemas(field, current, within)
    }
  }
}

function compareNeed(was: boolean, is: boolean, place: Place): void {
  if (was === is) return
  const breaks = place.direction === 'request' ? is : was
  place.tell(breaks, `${named(place)} is ${is ? '' : 'no longer '}required`)
}

function findNewFields(old: Json, now: Json, place: Place): void {
  const before = fieldsOf(old)
  for (const name of Object.keys(fieldsOf(now)).filter(name => !before[name])) {
    const breaks = place.direction === 'request' && requires(now, name)
    const within = named({ ...place, field: inside(place, name) })
    place.tell(breaks, `${within} is new${breaks ? ' and required' : ''}`)
  }
}

const fieldsOf = (schema: Json): Record<string, Json> =>
  Object.fromEntries(
    Object.entries(isObject(schema['properties']) ? schema['properties'] : {}).flatMap(
      ([name, field]) => (isObject(field) ? [[name, field]] : []),
    ),
  )

const requires = (schema: Json, name: string) => listOf(schema['required']).includes(name)

const shown = (value: unknown) => (value === undefined ? 'absent' : JSON.stringify(value))
