// What protection costs a read, for the page of proofs.

import { measureProtection } from '../costs/protection.ts'
import { range, say, type Section } from './section.ts'

const BAR = 1.3

export async function proveProtection(): Promise<Section> {
  say('protection')
  const figures = await measureProtection({ rounds: 5, seconds: 6 })
  return {
    title: 'What protection costs',
    text:
      'CPU time of the server process for each GET of one task by an ordinary user, the app as it is served against the same app composed without authentication, limits, bounds and security headers (`bench/costs/composed.ts`): an admission that puts a fixed user into each request, no header is read and none is added. Both run from source on one database and send the same bodies; wrk with 50 connections, 10 s to warm up, five rounds of both in turn; the median of the rounds’ ratios. Limits are counted, by address and by caller, and set so high that none is reached.\n\n' +
      '| shown | with | without | requests/s with | requests/s without |\n| --- | --- | --- | --- | --- |\n' +
      figures
        .map(
          it =>
            `| ${it.credential} | ${it.us.toFixed(1)} µs | ${it.otherUs.toFixed(1)} µs | ${it.perS.toFixed(0)} | ${it.otherPerS.toFixed(0)} |`,
        )
        .join('\n'),
    findings: figures.map(({ credential, ratio, ratios }) => ({
      what: `CPU of GET one task by ${credential}, with authentication, limits and headers against without`,
      bar: `≤ ${BAR}×`,
      measured: `${ratio.toFixed(2)}× (${range(ratios, 2)})`,
      held: ratio <= BAR,
    })),
  }
}
