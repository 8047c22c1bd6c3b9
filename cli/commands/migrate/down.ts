// Takes migrations back, with the data that they brought.

import { createInterface } from 'node:readline/promises'
import { type Planned, renderPlan } from '#platform/postgres/migrate/migrator.ts'
import { command } from '../../command.ts'
import { EXIT, usageError } from '../../exit.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { talk } from '../../output/talk.ts'
import { sharedFlags, versionOf, withMigrator } from './open.ts'

export default command({
  details: 'Data in the tables and columns that go is gone with them. Asks first, on a terminal.',
  settings: 'mentioned',
  examples: [
    ['zerg migrate down', 'Take back the latest migration.'],
    ['zerg migrate down --to=2', 'Take back all that came after version 2.'],
    ['zerg migrate down --dry-run', 'Print the SQL and change nothing.'],
  ],
  args: {
    to: {
      type: 'string',
      valueHint: 'version',
      description: 'The version to go back to; 0 for none.',
    },
    yes: { type: 'boolean', description: 'Do not ask.' },
    'dry-run': { type: 'boolean', description: 'Print the SQL and change nothing.' },
    ...sharedFlags,
  },
  async run({ args }) {
    const to = versionOf(args.to)
    return await withMigrator(args, async migrator => {
      const planned = await migrator.planDown(to)
      if (args['dry-run']) {
        if (args.json) printJson({ planned })
        else print(renderPlan(planned) || '-- Nothing is applied.')
        return EXIT.ok
      }
      if (planned.length > 0 && !args.yes && !(await isConfirmed(planned))) return EXIT.failed
      const undone = await migrator.down(to)
      if (args.json) printJson({ undone })
      else if (undone.length === 0) talk.log('Nothing is applied.')
      else print(undone.map(({ version, name }) => `${version} ${name}`).join('\n'))
      return EXIT.ok
    })
  },
})

async function isConfirmed(planned: readonly Planned[]): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw usageError('Nobody is there to confirm that data may go.', 'Add --yes if it may.')
  const names = planned.map(({ version, name }) => `${version} (${name})`).join(', ')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`Take back ${names}, with the data in them? [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}
