// What PostgreSQL does for a statement, as it counted while doing it.

import type { Runner } from '#platform/postgres/database.ts'

export type Node = {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: Node[]
}

export type Work = {
  /** Tables that were read from end to end. */
  scanned: string[]
  indexes: string[]
  /** Rows that went into sorts. Rows of an incremental sort are not counted: they come nearly in order. */
  rowsSorted: number
  /** Rows fetched, those included that a filter then refused. */
  rowsRead: number
}

type Planned = { text: string; values: readonly (string | number)[] }

/** How the statement is planned for these very values, and how for whichever come. */
export const PLANNINGS = ['force_custom_plan', 'force_generic_plan'] as const

export async function workOf(
  on: Runner,
  { text, values }: Planned,
  planning: (typeof PLANNINGS)[number],
): Promise<Work> {
  const literals = values.map(value => (typeof value === 'number' ? value : quote(value)))
  const given = literals.length > 0 ? `(${literals.join(', ')})` : ''
  // One simple query, so that all of it happens in one session, and a transaction that leaves nothing.
  const rows = await on.run(sql =>
    sql.unsafe<{ 'QUERY PLAN': string | { Plan: Node }[] }[][]>(
      `begin; set local plan_cache_mode = ${planning}; prepare planned as ${text};
       explain (analyze, timing off, format json) execute planned${given};
       deallocate planned; commit`,
    ),
  )
  const answer = rows.flat().find(row => row['QUERY PLAN'] !== undefined)?.['QUERY PLAN']
  const plans = typeof answer === 'string' ? (JSON.parse(answer) as { Plan: Node }[]) : answer
  if (!plans?.[0]) throw new Error('PostgreSQL explained nothing.')
  return workIn(plans[0].Plan)
}

/** What a plan says that was done. */
export function workIn(node: Node): Work {
  const parts = (node.Plans ?? []).map(workIn)
  const own = rowsOf(node)
  const isScan = node['Relation Name'] !== undefined
  return {
    scanned: [
      ...parts.flatMap(part => part.scanned),
      ...(node['Node Type'] === 'Seq Scan' ? [node['Relation Name'] ?? ''] : []),
    ],
    indexes: [
      ...parts.flatMap(part => part.indexes),
      ...(node['Index Name'] ? [node['Index Name']] : []),
    ],
    rowsSorted:
      total(parts, part => part.rowsSorted) +
      (node['Node Type'] === 'Sort' ? total(node.Plans ?? [], rowsOf) : 0),
    rowsRead: total(parts, part => part.rowsRead) + (isScan ? own : 0),
  }
}

const rowsOf = (node: Node): number =>
  (node['Actual Rows'] +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0)) *
  node['Actual Loops']

const total = <T>(items: readonly T[], value: (item: T) => number) =>
  items.reduce((sum, item) => sum + value(item), 0)

const quote = (value: string) => `'${value.replaceAll("'", "''")}'`
