// What changes between two API documents, and which of it breaks clients that follow the older one
// (docs/versioning.md says what counts). Texts and examples are no part of the contract.

import type { Change, Tell } from './change.ts'
import { isObject, type Json, objectAt, resolve } from './json.ts'
import { compareSchemas, type Direction } from './schema.ts'

export type { Change } from './change.ts'

type Sides = { old: Json; now: Json }
type Compared = Sides & { documents: Sides; tell: Tell }

export function compareDocuments(old: Json, now: Json): Change[] {
  const changes: Change[] = []
  const [before, after] = [operationsOf(old), operationsOf(now)]

  for (const [name, operation] of before) {
    const tell: Tell = (breaks, text) => changes.push({ breaks, text: `${name}: ${text}` })
    const current = after.get(name)
    if (current) compareOperations({ old: operation, now: current, documents: { old, now }, tell })
    else changes.push({ breaks: true, text: `${name} is gone` })
  }
  for (const name of after.keys())
    if (!before.has(name)) changes.push({ breaks: false, text: `${name} is new` })
  // One shape in two media types of a body is told once.
  return [...new Map(changes.map(change => [change.text, change])).values()]
}

function operationsOf(document: Json): Map<string, Json> {
  const operations = Object.entries(objectAt(document, 'paths')).flatMap(([path, methods]) =>
    Object.entries(isObject(methods) ? methods : {}).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  )
  return new Map(operations.flatMap(([name, found]) => (isObject(found) ? [[name, found]] : [])))
}

function compareOperations(compared: Compared): void {
  const { old, now, tell } = compared
  if (old['operationId'] !== now['operationId'])
    tell(
      true,
      `the operationId was ${String(old['operationId'])} and is ${String(now['operationId'])}`,
    )
  compareParameters(compared)
  compareBodies(compared)
  compareResponses(compared)
}

function compareParameters({ old, now, documents, tell }: Compared): void {
  const [before, after] = [parametersOf(documents.old, old), parametersOf(documents.now, now)]
  for (const [name, parameter] of before) {
    const current = after.get(name)
    // An unknown parameter is refused, so that one cannot just be forgotten.
    if (!current) {
      tell(true, `the ${name} is gone`)
      continue
    }
    const [was, is] = [parameter['required'] === true, current['required'] === true]
    if (was !== is) tell(is, `the ${name} is ${is ? '' : 'no longer '}required`)
    const sides = { old: objectAt(parameter, 'schema'), now: objectAt(current, 'schema') }
    compareShapes({ ...sides, documents, tell }, 'request', `the ${name}`)
  }
  for (const [name, parameter] of after) {
    const required = parameter['required'] === true
    if (!before.has(name)) tell(required, `there is a new ${required ? 'required ' : ''}${name}`)
  }
}

function parametersOf(document: Json, operation: Json): Map<string, Json> {
  const list = Array.isArray(operation['parameters']) ? operation['parameters'] : []
  return new Map(
    list
      .filter(isObject)
      .map(parameter => resolve(document, parameter))
      .map(found => [`${String(found['in'])} parameter ${String(found['name'])}`, found]),
  )
}

function compareBodies({ old, now, documents, tell }: Compared): void {
  const [had, has] = ['requestBody' in old, 'requestBody' in now]
  const sides = { old: objectAt(old, 'requestBody'), now: objectAt(now, 'requestBody') }
  if (had && !has) return tell(true, 'the body is gone')
  const isRequired = sides.now['required'] === true
  if (has && (!had || sides.old['required'] !== sides.now['required']))
    tell(isRequired, `there is ${isRequired ? 'a required' : 'an optional'} body now`)
  if (had) compareContents({ ...sides, documents, tell }, 'request', 'the body')
}

function compareResponses({ old, now, documents, tell }: Compared): void {
  const [before, after] = [objectAt(old, 'responses'), objectAt(now, 'responses')]
  for (const status of Object.keys(before)) {
    if (!(status in after)) {
      tell(true, `the answer ${status} is gone`)
      continue
    }
    const sides = { old: objectAt(before, status), now: objectAt(after, status) }
    for (const header of Object.keys(objectAt(sides.old, 'headers')))
      if (!(header in objectAt(sides.now, 'headers')))
        tell(true, `the answer ${status} no longer has the header ${header}`)
    for (const header of Object.keys(objectAt(sides.now, 'headers')))
      if (!(header in objectAt(sides.old, 'headers')))
        tell(false, `the answer ${status} has the new header ${header}`)
    compareContents({ ...sides, documents, tell }, 'response', `the answer ${status}`)
  }
  for (const status of Object.keys(after))
    if (!(status in before)) tell(false, `there is a new answer ${status}`)
}

function compareContents(compared: Compared, direction: Direction, where: string): void {
  const { documents, tell } = compared
  const before = objectAt(compared.old, 'content')
  const after = objectAt(compared.now, 'content')
  for (const type of Object.keys(before)) {
    if (!(type in after)) {
      tell(true, `${where} is no longer ${type}`)
      continue
    }
    const old = objectAt(objectAt(before, type), 'schema')
    const now = objectAt(objectAt(after, type), 'schema')
    compareShapes({ old, now, documents, tell }, direction, where)
  }
  for (const type of Object.keys(after))
    if (!(type in before)) tell(false, `${where} may be ${type} now`)
}

function compareShapes(
  { old, now, documents, tell }: Compared,
  direction: Direction,
  where: string,
) {
  compareSchemas(old, now, {
    where,
    direction,
    tell,
    follow: [schema => resolve(documents.old, schema), schema => resolve(documents.now, schema)],
  })
}
