// CPU time of a request against a bare server, for the page of proofs.

import { measureCosts } from '../costs/run.ts'
import { range, say, type Section } from './section.ts'

export async function proveCosts(): Promise<Section> {
  say('costs')
  const figures = await measureCosts({ rounds: 5, seconds: 6 })
  return {
    title: 'What a request costs',
    text:
      'CPU time (user and system) of the server process for each request, wrk with 50 connections, five rounds of both servers in turn; the median of the rounds’ ratios. The bare server is `bench/costs/bare.ts`: Bun.serve and postgres.js, the same SQL, the same body bytes, the same text times; the list maps its rows too. Zerg writes its log to a file.\n\n' +
      '| | Zerg | bare | requests/s Zerg | requests/s bare |\n| --- | --- | --- | --- | --- |\n' +
      figures
        .map(
          it =>
            `| ${it.subject} | ${it.us.toFixed(1)} µs | ${it.otherUs.toFixed(1)} µs | ${it.perS.toFixed(0)} | ${it.otherPerS.toFixed(0)} |`,
        )
        .join('\n'),
    findings: figures.map(({ subject, ratio, ratios, bar }) => ({
      what: `CPU a request, ${subject}, against bare`,
      bar: `≤ ${bar}×`,
      measured: `${ratio.toFixed(2)}× (${range(ratios, 2)})`,
      held: ratio <= bar,
    })),
  }
}
