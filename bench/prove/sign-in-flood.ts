// What a flood of sign-ins does to everybody else, for the page of proofs.

import { median } from '../costs/cpu.ts'
import { runSignInFloodTrial, type SignInFloodTrial } from '../lab/sign-in-flood-trial.ts'
import { range, say, type Section } from './section.ts'

const PER_S = 50
const BAR = 2

type Options = { databaseUrl: string; runs: number; forMs: number }

export async function proveSignInFlood({ databaseUrl, runs, forMs }: Options): Promise<Section> {
  const trials: SignInFloodTrial[] = []
  for (let run = 0; run < runs; run++) {
    trials.push(await runSignInFloodTrial({ databaseUrl, perS: PER_S, forMs }))
    const { before, during, flood } = trials.at(-1)!
    say(
      `sign-ins: p99 ${before.p99Ms.toFixed(1)} ms before, ${during.p99Ms.toFixed(1)} ms during; ${JSON.stringify(flood.answers)}`,
    )
  }
  const ratios = trials.map(({ before, during }) => during.p99Ms / before.p99Ms)
  const answers = sumOf(trials.map(({ flood }) => flood.answers))
  const reads = sumOf(trials.flatMap(({ before, during }) => [before.statuses, during.statuses]))
  const bad = Object.keys(answers).filter(answer => !FORESEEN.has(answer))
  const isRead = Object.keys(reads).join() === '200'
  return {
    title: 'A flood of sign-ins',
    text:
      `${PER_S} sign-ins a second, for 500 accounts and from 4,096 networks, half of them with the right password, beside 16 clients that read lists of ten with pauses of 0 to 40 ms over raw sockets; ${runs} runs of ${forMs / 1_000} s without and as long with the flood. ` +
      `Limits are on, but for reads. Sign-ins are asked for at this rate however late they are answered; those that find too many in front of them are told so (503 \`sign_in_busy\`).\n\n` +
      '| | p50 before | p50 during | p99 before | p99 during | reads during |\n| --- | --- | --- | --- | --- | --- |\n' +
      trials.map(tableRow).join('\n') +
      `\n\nThe sign-ins were answered ${shown(answers)}; the reads ${shown(reads)}.`,
    findings: [
      {
        what: `p99 of reads during a flood of ${PER_S} sign-ins a second against before`,
        bar: `≤ ${BAR}×`,
        measured: `${median(ratios).toFixed(2)}× (${range(ratios, 2)})`,
        held: median(ratios) <= BAR,
      },
      {
        what: 'answers to the flood, and to the reads beside it',
        bar: 'none 5xx but `sign_in_busy`; every read 200',
        measured: bad.length === 0 && isRead ? 'so it was' : `${bad.join(', ')}; ${shown(reads)}`,
        held: bad.length === 0 && isRead,
      },
    ],
  }
}

const FORESEEN: ReadonlySet<string> = new Set([
  '200',
  '401 invalid_credentials',
  '429 sign_in_slowed',
  '429 rate_limited',
  '503 sign_in_busy',
])

const tableRow = ({ before, during }: SignInFloodTrial, run: number) =>
  `| run ${run + 1} | ${before.p50Ms.toFixed(1)} ms | ${during.p50Ms.toFixed(1)} ms | ${before.p99Ms.toFixed(1)} ms | ${during.p99Ms.toFixed(1)} ms | ${during.answered.toLocaleString('en')} |`

function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const [name, count] of counts.flatMap(Object.entries<number>))
    sum[name] = (sum[name] ?? 0) + count
  return sum
}

const shown = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name}: ${count.toLocaleString('en')}`)
    .join(', ')
