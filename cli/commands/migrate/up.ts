// Brings the schema up to date.

import { renderPlan } from '#platform/postgres/migrate/migrator.ts'
import { command } from '../../command.ts'
import { printJson } from '../../output/json.ts'
import { print } from '../../output/print.ts'
import { talk } from '../../output/talk.ts'
import { sharedFlags, versionOf, withMigrator } from './open.ts'

export default command({
  details:
    'Any number of processes may run it at once: one migrates, the others wait and find nothing left to do.',
  settings: 'mentioned',
  examples: [
    ['zerg migrate up', 'Apply what is pending.'],
    ['zerg migrate up --dry-run', 'Print the SQL and change nothing.'],
    ['zerg migrate up --to=3', 'Apply up to and with version 3.'],
  ],
  args: {
    to: { type: 'string', valueHint: 'version', description: 'The last version to apply.' },
    'dry-run': { type: 'boolean', description: 'Print the SQL and change nothing.' },
    ...sharedFlags,
  },
  async run({ args }) {
    const to = versionOf(args.to)
    await withMigrator(args, async migrator => {
      if (args['dry-run']) {
        const planned = await migrator.planUp(to)
        if (args.json) printJson({ planned })
        else print(renderPlan(planned) || '-- Nothing is pending.')
        return
      }
      const applied = await migrator.up(to)
      if (args.json) printJson({ applied })
      else if (applied.length === 0) talk.log('Nothing is pending.')
      else print(applied.map(({ version, name }) => `${version} ${name}`).join('\n'))
    })
  },
})
