// How values cross the wire. Times stay text (RFC 3339, UTC, milliseconds): no Date is made per row.

import type postgres from 'postgres'

/**
 * `2026-01-02 03:04:05.678901+00`, as PostgreSQL writes it, to `2026-01-02T03:04:05.678Z`.
 * Cutting text is several times cheaper than a Date, and a list has two or three times per row.
 */
export function toRfc3339(text: string): string {
  const usual = text.length >= 22 && text.endsWith('+00') && text.charCodeAt(10) === 32
  if (!usual) return toRfc3339Slowly(text)
  const fraction = text.length === 26 ? text.slice(19, 23) : pad(text.slice(19, -3))
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${fraction}Z`
}

const pad = (fraction: string) => (fraction || '.').padEnd(4, '0').slice(0, 4)

// Another time zone (a pooler may have kept somebody else's), or a value that is no moment: infinity.
function toRfc3339Slowly(text: string): string {
  const moment = new Date(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
  return Number.isNaN(moment.getTime()) ? text : moment.toISOString()
}

// Counts and versions fit a number; what does not stays exact, as text.
function toInteger(text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

const asText = (text: string) => text

type Type = postgres.PostgresType

const scalar = (oid: number, parse: (text: string) => unknown): Type => ({
  to: oid,
  from: [oid],
  serialize: value => (value instanceof Date ? value.toISOString() : String(value)),
  parse,
})

const array = (oid: number, parse: (text: string) => unknown): Type => ({
  to: oid,
  from: [oid],
  serialize: value => (Array.isArray(value) ? toArrayLiteral(value) : String(value)),
  parse: text => fromArrayLiteral(String(text), parse),
})

/**
 * Arrays of these types work as parameters (`any(${ids}::uuid[])`). Their numbers are fixed in
 * PostgreSQL, so that no connection has to ask for them when it opens.
 */
export const types: Record<string, Type> = {
  instant: scalar(1184, toRfc3339),
  date: scalar(1082, asText),
  wallTime: scalar(1114, asText),
  bigint: scalar(20, toInteger),
  booleans: array(1000, text => text === 't'),
  integers: array(1007, Number),
  texts: array(1009, asText),
  varchars: array(1015, asText),
  bigints: array(1016, toInteger),
  instants: array(1185, toRfc3339),
  uuids: array(2951, asText),
}

const toArrayLiteral = (values: readonly unknown[]): string =>
  `{${values
    .map(value =>
      value === null || value === undefined
        ? 'NULL'
        : `"${String(value).replace(/["\\]/g, String.raw`\$&`)}"`,
    )
    .join(',')}}`

// One dimension: `{a,"b \"c\"",NULL}`.
function fromArrayLiteral(literal: string, parse: (text: string) => unknown): unknown[] {
  const items = literal.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|[^,]+/gs) ?? []
  return items.map(item => {
    if (item === 'NULL') return null
    return parse(item.startsWith('"') ? item.slice(1, -1).replace(/\\(.)/gs, '$1') : item)
  })
}
