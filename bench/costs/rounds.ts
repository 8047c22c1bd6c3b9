// Two servers asked in turn: the machine's mood hits both, so that their ratio counts.

import { authorization } from '../lab/credentials.ts'
import { type Cost, costOf, type Loaded, median } from './cpu.ts'

export type Rounds = { rounds: number; seconds: number }

export type Compared = {
  ratio: number
  ratios: readonly number[]
  /** Medians of both, in µs a request and requests a second. */
  us: number
  otherUs: number
  perS: number
  otherPerS: number
}

/** @throws Error where an answer was not 2xx: then the figures mean nothing. */
export async function compareCosts(
  name: string,
  [one, other]: readonly [Loaded, Loaded],
  { rounds, seconds }: Rounds,
): Promise<Compared> {
  // Warm: the compilers of both have seen the code by then.
  for (const server of [one, other]) await costOf(server, 10)
  const costs: Cost[] = []
  const others: Cost[] = []
  for (let round = 0; round < rounds; round++) {
    process.stderr.write(`costs: ${name}, round ${round + 1} of ${rounds}\n`)
    costs.push(await costOf(one, seconds))
    others.push(await costOf(other, seconds))
  }
  const errors = [...costs, ...others].reduce((sum, cost) => sum + cost.errors, 0)
  if (errors > 0) throw new Error(`${errors} answers were not 2xx, so the figures mean nothing.`)
  const ratios = costs.map((cost, round) => cost.cpuUsPerRequest / others[round]!.cpuUsPerRequest)
  const medianOf = (of: readonly Cost[], what: 'cpuUsPerRequest' | 'requestsPerS') =>
    median(of.map(cost => cost[what]))
  return {
    ratio: median(ratios),
    ratios,
    us: medianOf(costs, 'cpuUsPerRequest'),
    otherUs: medianOf(others, 'cpuUsPerRequest'),
    perS: medianOf(costs, 'requestsPerS'),
    otherPerS: medianOf(others, 'requestsPerS'),
  }
}

/** The comparison is fair only while both send the same bytes; a list's cursor differs in letters. */
export async function requireSameBody(a: Loaded, b: Loaded): Promise<void> {
  const [one, other] = await Promise.all([a, b].map(textOf))
  const withoutCursor = (text: string) => text.replace(/"next_cursor":"[^"]*"/, '"next_cursor":""')
  if (withoutCursor(one!) !== withoutCursor(other!))
    throw new Error(`The two servers answer differently:\n${one}\n${other}`)
  const difference = Math.abs(one!.length - other!.length)
  if (difference > 16) throw new Error(`The bodies differ by ${difference} bytes.`)
}

const textOf = async ({ url, key }: Loaded) =>
  await (await fetch(url, { headers: authorization(key) })).text()
