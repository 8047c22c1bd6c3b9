// Forgets old months of the audit log.

import { callerOf, OPERATOR } from '#lib/caller.ts'
import { newId } from '#lib/id.ts'
import { pruneAudit } from '#platform/audit/prune.ts'
import { command } from '../../command.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { DATA_DETAILS, dataFlags, withAuditData } from './data.ts'
import { momentOf } from './moment.ts'

const DAY_MS = 24 * 3_600_000
const MAX_MS = 3_600_000

export default command({
  details: `Whole months that ended before ZERG_AUDIT_RETENTION_DAYS ago go, entries and seals; a signed anchor stays, from which the rest verifies. Pruning is itself recorded. Needs the role that owns the tables: whoever serves may not. ${DATA_DETAILS}`,
  settings: 'mentioned',
  examples: [
    ['zerg audit prune --dry-run', 'What would go.'],
    [
      'zerg audit prune --database-url postgres://owner@localhost/zerg',
      'As the role that migrates.',
    ],
    ['zerg audit prune --before 2026-01-01', 'Everything from before that month.'],
  ],
  args: {
    before: {
      type: 'string',
      valueHint: 'day',
      description: 'Instead of the retention: whole months before this day or moment.',
    },
    'dry-run': { type: 'boolean', description: 'Say what would go, and leave it.' },
    ...dataFlags,
  },
  async run({ args }) {
    const before = momentOf('before', args.before)
    const dryRun = args['dry-run'] === true
    const pruned = await withAuditData(args, ({ config, database, keys }) => {
      const oldest = Date.now() - config.audit.retentionDays * DAY_MS
      return pruneAudit({
        database,
        keys,
        call: operatorCall(),
        before: new Date(before ?? oldest),
        dryRun,
      })
    })
    if (args.json) return printJson({ dry_run: dryRun, ...pruned })
    const { entries, seals, partitions, pruned_before } = pruned
    const would = dryRun ? 'would go' : 'are gone'
    print(
      entries + seals + partitions.length === 0
        ? `There is nothing from before ${pruned_before}.`
        : `${entries} entries in ${partitions.length} months and ${seals} seals from before ${pruned_before} ${would}.`,
    )
  },
})

function operatorCall() {
  const from = { via: 'cli', address: null, requestId: newId(), traceId: null } as const
  return {
    caller: callerOf(OPERATOR, from),
    signal: AbortSignal.timeout(MAX_MS),
    deadlineAtMs: Date.now() + MAX_MS,
  }
}
