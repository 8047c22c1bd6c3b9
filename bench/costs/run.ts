// `npm run bench`: CPU time of a request on the compiled Zerg against a bare server, in one run, as
// ratios: the machine's mood hits both. Prints a table; --json prints the figures.

import { fileURLToPath } from 'node:url'
import { auditLine, measureAudit } from './audit.ts'
import type { Loaded } from './cpu.ts'
import { type Compared, compareCosts, requireSameBody, type Rounds } from './rounds.ts'
import { openBench } from './servers.ts'

type Subject = 'one task' | 'list of 50'
export type CostFigure = Compared & { subject: Subject; bar: number }

const BARS: Record<Subject, number> = { 'one task': 1.25, 'list of 50': 1.1 }

/** Rounds of both servers in turn; the median of the rounds' ratios counts. */
export async function measureCosts(rounds: Rounds): Promise<CostFigure[]> {
  const bench = await openBench()
  try {
    const figures: CostFigure[] = []
    for (const subject of ['one task', 'list of 50'] as const) {
      const path = subject === 'one task' ? `/api/v1/tasks/${bench.taskId}` : '/api/v1/tasks'
      const both = [to(bench.zerg, path), to(bench.bare, path)] as const
      await requireSameBody(...both)
      const compared = await compareCosts(subject, both, rounds)
      figures.push({ subject, bar: BARS[subject], ...compared })
    }
    return figures
  } finally {
    await bench.close()
  }
}

const to = (server: Loaded, path: string): Loaded => ({ ...server, url: server.url + path })

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const figures = await measureCosts({ rounds: 5, seconds: 5 })
  const audit = await measureAudit({ rounds: 5, seconds: 5 })
  if (process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify([...figures, ...audit], null, 2)}\n`)
  else {
    for (const { subject, ratio, us, otherUs, bar } of figures)
      process.stdout.write(
        `${subject}: ${us.toFixed(1)} µs against ${otherUs.toFixed(1)} µs bare, ratio ${ratio.toFixed(3)} (bar ${bar})\n`,
      )
    for (const figure of audit) process.stdout.write(`${auditLine(figure)}\n`)
  }
}
