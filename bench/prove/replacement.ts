// Calls that fail while two Tasks instances behind an API are replaced in turn under load.

import { type ReplacementTrial, runReplacementTrial } from '../lab/replacement-trial.ts'
import { emptyTasks } from './rows.ts'
import { range, say, type Section } from './section.ts'

const PLAN = { workers: 16, replacements: 6, betweenMs: 1_000, signal: 'SIGTERM' } as const

export async function proveReplacement(given: { databaseUrl: string; runs: number }) {
  const trials: ReplacementTrial[] = []
  for (let run = 0; run < given.runs; run++) {
    // Every run gives its tasks the same titles.
    await emptyTasks(given.databaseUrl)
    const trial = await runReplacementTrial({ ...PLAN, databaseUrl: given.databaseUrl })
    trials.push(trial)
    say(`replacement, run ${run + 1}: ${trial.failed} of ${trial.calls} failed`)
  }
  const sum = (of: (trial: ReplacementTrial) => number) =>
    trials.reduce((all, trial) => all + of(trial), 0)
  const [calls, failed] = [sum(it => it.calls), sum(it => it.failed)]
  const unkept = sum(it => it.missing + it.doubled)
  const failures = trials.flatMap(({ failures }) => Object.entries(failures))
  return {
    title: 'Tasks instances replaced in turn',
    text:
      `One API process, two Tasks processes; ${PLAN.workers} clients create, read, change (with and without a version), list and delete; ${PLAN.replacements} replacements a run by SIGTERM, ${trials.length} runs. ` +
      `The slowest call of a run took ${range(trials.map(it => it.slowestMs))} ms. ` +
      (failures.length === 0 ? 'Nothing failed.' : `Failed: ${JSON.stringify(failures)}.`),
    findings: [
      {
        what: 'calls failed while two Tasks instances are replaced in turn under load',
        bar: '0 failed',
        measured: `${failed} of ${calls.toLocaleString('en')} in ${sum(it => it.stops.length)} replacements`,
        held: failed === 0,
      },
      {
        what: 'acknowledged creations in the database after that',
        bar: 'every one, once',
        measured: `${unkept} missing or doubled`,
        held: unkept === 0,
      },
    ],
  } satisfies Section
}
