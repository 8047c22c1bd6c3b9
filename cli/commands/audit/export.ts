// The audit log on stdout, entry by entry, the earliest first.

import { command } from '../../command.ts'
import { OPERATOR_DETAILS, operatorFlags, withOperator } from '../../operator/operator.ts'
import { print } from '../../output/print.ts'
import { momentOf } from './moment.ts'
import { COLUMNS, type Entry, toCsv } from './csv.ts'

export default command({
  details: `Every entry that the conditions name, as it is read: nothing is held back. That it was read is itself recorded. ${OPERATOR_DETAILS}`,
  settings: 'mentioned',
  examples: [
    ['zerg audit export --since 2026-01-01 > january.jsonl', 'One JSON object a line.'],
    [
      'zerg audit export --since 2026-01-01 --until 2026-02-01 --format csv',
      'One month, for a table.',
    ],
    ['zerg audit export --user 01939c2e-7a00-7c11-8a52-0f1e2d3c4b5a', 'What one user did.'],
  ],
  args: {
    since: { type: 'string', valueHint: 'day', description: 'From this day or moment on.' },
    until: { type: 'string', valueHint: 'day', description: 'Before this day or moment; now.' },
    format: {
      type: 'enum',
      options: ['jsonl', 'csv'],
      default: 'jsonl',
      description: 'jsonl: one JSON object a line; csv: RFC 4180, with a line of names.',
    },
    user: { type: 'string', valueHint: 'id', description: 'Only what this user did, by their id.' },
    subject: { type: 'string', valueHint: 'id', description: 'Only what was done to this.' },
    action: { type: 'string', valueHint: 'action', description: 'Only this, as tasks.change.' },
    ...withoutJson(operatorFlags),
  },
  async run({ args }) {
    const query = {
      sort: 'at',
      limit: '200',
      since: momentOf('since', args.since),
      // Without an end it would meet the entries of its own reading.
      until: momentOf('until', args.until) ?? new Date().toISOString(),
      user_id: args.user,
      subject_id: args.subject,
      action: args.action,
    }
    const isCsv = args.format === 'csv'
    await withOperator(args, async operator => {
      if (isCsv) print(toCsv(COLUMNS))
      for await (const page of operator.pages<Entry>('/audit', query)) {
        const lines = page.map(entry =>
          isCsv ? toCsv(COLUMNS.map(column => entry[column])) : JSON.stringify(entry),
        )
        if (lines.length > 0) print(isCsv ? lines.join('') : lines.join('\n'))
      }
    })
  },
})

// The format says it already.
function withoutJson<T extends { json: unknown }>({ json: _, ...flags }: T): Omit<T, 'json'> {
  return flags
}
