// Every migration, and whether it stands in the database.

import { command } from '../../command.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { table } from '../../output/table.ts'
import { sharedFlags, withMigrator } from './open.ts'

export default command({
  settings: 'mentioned',
  examples: [
    ['zerg migrate status', 'What is applied, pending, changed, or of a newer Zerg.'],
    ['zerg migrate status --json', 'The same for scripts.'],
  ],
  args: sharedFlags,
  async run({ args }) {
    const migrations = await withMigrator(args, migrator => migrator.status())
    if (args.json) return printJson({ migrations })
    const rows = migrations.map(({ version, name, state, appliedAt, durationMs }) => [
      String(version),
      name,
      state,
      appliedAt ?? '-',
      durationMs === null ? '-' : `${durationMs} ms`,
    ])
    print(table([['VERSION', 'NAME', 'STATE', 'APPLIED', 'TOOK'], ...rows]))
  },
})
