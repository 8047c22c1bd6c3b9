// CPU time that the audit log adds to a change, for the page of proofs.

import { measureAudit } from '../costs/audit.ts'
import { range, say, type Section } from './section.ts'

export async function proveAudit(): Promise<Section> {
  say('audit')
  const figures = await measureAudit({ rounds: 7, seconds: 6 })
  return {
    title: 'What the audit log costs',
    text:
      'CPU time (user and system) of Zerg and of all processes of PostgreSQL for each change, wrk with 8 connections for each of both at the same time, seven rounds; the median of the rounds’ ratios. Both run from source on a PostgreSQL of their own; one has the entry taken out of its statements (`bench/costs/without-audit.ts`), so that it neither writes nor seals any. The other seals while it is measured.\n\n' +
      '| | Zerg | PostgreSQL | Zerg without | PostgreSQL without |\n| --- | --- | --- | --- | --- |\n' +
      figures
        .map(({ subject, ...it }) =>
          [subject, it.with.zergUs, it.with.postgresUs, it.without.zergUs, it.without.postgresUs]
            .map(value => (typeof value === 'number' ? `${value.toFixed(0)} µs` : value))
            .join(' | '),
        )
        .map(row => `| ${row} |`)
        .join('\n'),
    findings: figures.map(({ subject, ratio, ratios, bar }) => ({
      what: `CPU a change with its audit entry, ${subject}, against without`,
      bar: `≤ ${bar}×`,
      measured: `${ratio.toFixed(2)}× (${range(ratios, 2)})`,
      held: ratio <= bar,
    })),
  }
}
