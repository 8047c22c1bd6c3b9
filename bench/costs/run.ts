// `npm run bench`: CPU time of a request on the compiled Zerg against a bare server, in one run, as
// ratios: the machine's mood hits both. Prints a table; --json prints the figures.

import { fileURLToPath } from 'node:url'
import { authorization } from '../lab/credentials.ts'
import { type Cost, costOf, type Loaded, median } from './cpu.ts'
import { openBench } from './servers.ts'

type Subject = 'one task' | 'list of 50'
export type CostFigure = {
  subject: Subject
  ratio: number
  ratios: readonly number[]
  zergUs: number
  bareUs: number
  zergPerS: number
  barePerS: number
  bar: number
}

const BARS: Record<Subject, number> = { 'one task': 1.25, 'list of 50': 1.1 }

/** Rounds of both servers in turn; the median of the rounds' ratios counts. */
export async function measureCosts({ rounds, seconds }: { rounds: number; seconds: number }) {
  const bench = await openBench()
  try {
    const figures: CostFigure[] = []
    for (const subject of ['one task', 'list of 50'] as const) {
      const path = subject === 'one task' ? `/api/v1/tasks/${bench.taskId}` : '/api/v1/tasks'
      await sameBody(to(bench.zerg, path), to(bench.bare, path))
      // Warm: the compilers of both have seen the code by then.
      for (const server of [bench.zerg, bench.bare]) await costOf(to(server, path), 10)
      figures.push(await compare(subject, { path, rounds, seconds }))
    }
    return figures
  } finally {
    await bench.close()
  }

  async function compare(subject: Subject, how: { path: string; rounds: number; seconds: number }) {
    const zerg: Cost[] = []
    const bare: Cost[] = []
    for (let round = 0; round < how.rounds; round++) {
      process.stderr.write(`costs: ${subject}, round ${round + 1} of ${how.rounds}\n`)
      zerg.push(await costOf(to(bench.zerg, how.path), how.seconds))
      bare.push(await costOf(to(bench.bare, how.path), how.seconds))
    }
    const errors = [...zerg, ...bare].reduce((sum, cost) => sum + cost.errors, 0)
    if (errors > 0) throw new Error(`${errors} answers were not 200, so the figures mean nothing.`)
    const ratios = zerg.map((cost, round) => cost.cpuUsPerRequest / bare[round]!.cpuUsPerRequest)
    return {
      subject,
      ratio: median(ratios),
      ratios,
      zergUs: median(zerg.map(cost => cost.cpuUsPerRequest)),
      bareUs: median(bare.map(cost => cost.cpuUsPerRequest)),
      zergPerS: median(zerg.map(cost => cost.requestsPerS)),
      barePerS: median(bare.map(cost => cost.requestsPerS)),
      bar: BARS[subject],
    }
  }
}

const to = (server: Loaded, path: string): Loaded => ({ ...server, url: server.url + path })

const textOf = async ({ url, key }: Loaded) =>
  await (await fetch(url, { headers: authorization(key) })).text()

// The comparison is fair only while both send the same bytes; the list's cursor differs in letters.
async function sameBody(a: Loaded, b: Loaded) {
  const [one, other] = await Promise.all([a, b].map(textOf))
  const withoutCursor = (text: string) => text.replace(/"next_cursor":"[^"]*"/, '"next_cursor":""')
  if (withoutCursor(one!) !== withoutCursor(other!))
    throw new Error(`The two servers answer differently:\n${one}\n${other}`)
  const difference = Math.abs(one!.length - other!.length)
  if (difference > 16) throw new Error(`The bodies differ by ${difference} bytes.`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = await measureCosts({ rounds: 5, seconds: 5 })
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`)
  else
    for (const { subject, ratio, zergUs, bareUs, bar } of figures)
      process.stdout.write(
        `${subject}: ${zergUs.toFixed(1)} µs against ${bareUs.toFixed(1)} µs bare, ratio ${ratio.toFixed(3)} (bar ${bar})\n`,
      )
}
