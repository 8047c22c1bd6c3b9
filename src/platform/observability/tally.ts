// Counts and durations of requests by their labels. prom-client looks a series up by its labels at
// every observation, which for something this frequent costs more than counting: so the counting is
// done here, and prom-client asks for the values when somebody scrapes.

import { Counter, Histogram } from 'prom-client'
import type { Registry } from 'prom-client'

type Needs<Label extends string> = {
  registers: Registry[]
  labelNames: Label[]
  /** Upper bounds in seconds, ascending. */
  bounds: readonly number[]
  requests: { name: string; help: string }
  duration: { name: string; help: string }
}

/** One set of label values. */
export type Series = { record(seconds: number): void }

type Cell<Label extends string> = {
  labels: Readonly<Record<Label, string>>
  /** By bound, and one more for what is above them all. */
  counts: number[]
  count: number
  sum: number
}

export function createTally<Label extends string>(needs: Needs<Label>) {
  const { registers, labelNames, bounds } = needs
  const cells: Cell<Label>[] = []
  const { name } = needs.duration
  const requests = new Counter({ ...needs.requests, labelNames, registers })
  const duration = new Histogram({ ...needs.duration, labelNames, registers, buckets: [...bounds] })
  const counted = async () => ({
    ...needs.requests,
    type: 'counter',
    aggregator: 'sum',
    values: cells.map(({ labels, count }) => ({ labels, value: count })),
  })
  const timed = async () => ({
    ...needs.duration,
    type: 'histogram',
    aggregator: 'sum',
    values: cells.flatMap(cell => valuesOf(cell)),
  })
  Object.assign(requests, { get: counted })
  Object.assign(duration, { get: timed, getForPromString: timed })

  return { requests, duration, series }

  /** To be kept by whoever records; a second one of the same labels would be a second series. */
  function series(labels: Readonly<Record<Label, string>>): Series {
    const cell: Cell<Label> = { labels, counts: bounds.map(() => 0), count: 0, sum: 0 }
    cells.push(cell)
    return {
      record(seconds) {
        cell.count++
        cell.sum += seconds
        const index = bounds.findIndex(bound => seconds <= bound)
        if (index !== -1) cell.counts[index]!++
      },
    }
  }

  // A bucket holds everything up to its bound.
  function valuesOf({ labels, counts, count, sum }: Cell<Label>) {
    let total = 0
    const value = (suffix: string, value: number, le?: number | string) => ({
      metricName: `${name}_${suffix}`,
      labels: le === undefined ? labels : { le, ...labels },
      value,
    })
    return [
      ...bounds.map((bound, index) => value('bucket', (total += counts[index]!), bound)),
      value('bucket', count, '+Inf'),
      value('sum', sum),
      value('count', count),
    ]
  }
}
