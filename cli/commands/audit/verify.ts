// Goes through the audit log, and names the first entry that is not as it was written.

import { readHeads } from './heads.ts'
import { verifyAudit } from '#platform/audit/verify.ts'
import type { Verdict } from '#platform/audit/verdict.ts'
import { command } from '../../command.ts'
import { EXIT } from '../../exit.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { talk } from '../../output/talk.ts'
import { DATA_DETAILS, dataFlags, withAuditData } from './data.ts'

const TELL_EVERY_MS = 5_000
// The longest that it may take; more than any log needs.
const MAX_MS = 24 * 3_600_000

export default command({
  details: `Ends with 0 where every entry is as it was sealed and in its place, else with 1. Heads from the logs of the servers (lines \`audit_sealed\`) tell as well whether the log was cut off at its end, or written anew. ${DATA_DETAILS}`,
  settings: 'mentioned',
  examples: [
    ['zerg audit verify', 'Whether the log is what it was.'],
    [
      'zerg audit verify --heads-file zerg.log',
      'And whether it leads through every head in a log.',
    ],
    ['zerg audit verify --head h1.17.4711.… --json', 'The same for one head, for scripts.'],
  ],
  args: {
    head: {
      type: 'string',
      valueHint: 'head',
      description: 'A head that was kept, as a line `audit_sealed` of a server’s log has it.',
    },
    'heads-file': {
      type: 'string',
      valueHint: 'file',
      description: 'A file with heads in it, such as a log; - reads standard input.',
    },
    ...dataFlags,
  },
  async run({ args }) {
    const heads = await readHeads(args.head, args['heads-file'])
    const signal = AbortSignal.timeout(MAX_MS)
    const verdict = await withAuditData(args, ({ database, keys }) =>
      verifyAudit({ database, keys, heads, signal, tell: teller() }),
    )
    if (args.json) printJson({ good: verdict.problem === null, ...verdict })
    else print(sentencesOf(verdict))
    return verdict.problem ? EXIT.failed : EXIT.ok
  },
})

function teller() {
  let toldAtMs = performance.now()
  return ({ entries, of }: { entries: number; of: number }) => {
    if (performance.now() - toldAtMs < TELL_EVERY_MS) return
    toldAtMs = performance.now()
    talk.log(`${entries} of ${of} entries are good so far.`)
  }
}

function sentencesOf(verdict: Verdict): string {
  const { problem, anchor, heads_compared, heads_pruned, unsealed, unknown_keys } = verdict
  const many = unsealed === 10_000 ? '10000 or more' : String(unsealed)
  return [
    problem
      ? `The audit log is NOT what it was (${problem.kind}, seal ${problem.seal}). ${problem.says}`
      : 'The audit log is what it was.',
    ...(problem?.entry ? [`Its id is ${problem.entry.id}.`] : []),
    `${verdict.entries} entries in ${verdict.seals} seals are good${problem ? ' before it' : ''}; the last good seal is ${verdict.last_seal}.`,
    ...(anchor ? [`Entries from before ${anchor.pruned_before} were pruned.`] : []),
    ...(unsealed > 0 ? [`${many} entries wait for a seal: nothing is proved of them yet.`] : []),
    ...(unknown_keys > 0
      ? [
          `${unknown_keys} seals were signed with keys that are not at hand; later ones vouch for them.`,
        ]
      : []),
    heads_compared + heads_pruned > 0
      ? `It was compared with ${heads_compared} heads that were kept${heads_pruned > 0 ? `; ${heads_pruned} more are from before what was pruned` : ''}.`
      : 'No head was given to compare it with, so that nothing is known of a cut at its end (--heads-file).',
  ].join('\n')
}
